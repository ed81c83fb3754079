//! The heat map of responsibilities, as pixels.

use super::colour::Rgb;

/// Top and bottom of each of `k` bands in a picture of `height` pixels, with
/// `gap` pixels between them; the gap gives way when there is no room for it.
pub fn heat_bands(k: usize, height: usize, gap: usize) -> Vec<(usize, usize)> {
    if k == 0 || height == 0 {
        return Vec::new();
    }
    // A gap may take no more than a third of a band.
    let gap = gap.min(height / (4 * k));
    let usable = height - gap * (k - 1);
    (0..k)
        .map(|i| {
            let edge = |i: usize| i * usable / k;
            (edge(i) + i * gap, edge(i + 1) + i * gap)
        })
        .collect()
}

/// Draws K rows of `columns` responsibilities (see [`Picture`](super::Picture)) as
/// K bands of `width` x `height` RGBA pixels: each component's colour over
/// `background`, as strong as the responsibility. Gaps are transparent.
///
/// The strength is mixed in sRGB, not in linear light: half a responsibility
/// should look half as strong, which is a matter of the eye and not of light.
/// Each pixel shows the nearest column, so that columns stay crisp.
pub fn heat_pixels(
    heat: &[f32],
    columns: usize,
    colours: &[Rgb],
    background: Rgb,
    width: u32,
    height: u32,
    gap: u32,
) -> Vec<u8> {
    let (width, height) = (width as usize, height as usize);
    let mut out = vec![0u8; width * height * 4];
    if columns == 0 || width == 0 {
        return out;
    }
    let k = (heat.len() / columns).min(colours.len());
    let mut line = vec![0u8; width * 4];
    for (i, (top, bottom)) in heat_bands(k, height, gap as usize).into_iter().enumerate() {
        let row = &heat[i * columns..(i + 1) * columns];
        for (x, pixel) in line.chunks_exact_mut(4).enumerate() {
            let column = (2 * x + 1) * columns / (2 * width);
            let r = row[column.min(columns - 1)];
            let r = if r.is_nan() { 0.0 } else { r.clamp(0.0, 1.0) };
            for c in 0..3 {
                let (from, to) = (background[c] as f32, colours[i][c] as f32);
                pixel[c] = (from + (to - from) * r + 0.5) as u8;
            }
            pixel[3] = 255;
        }
        for y in top..bottom {
            out[y * width * 4..(y + 1) * width * 4].copy_from_slice(&line);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLUE: Rgb = [0, 114, 178];
    const ORANGE: Rgb = [213, 94, 0];

    #[test]
    fn each_component_has_its_band_and_its_columns() {
        let heat = [1.0, 0.0, 0.5, 0.0, 1.0, 0.5];
        let pixels = heat_pixels(&heat, 3, &[BLUE, ORANGE], [255; 3], 6, 10, 2);
        let at =
            |x: usize, y: usize| -> [u8; 4] { pixels[(y * 6 + x) * 4..][..4].try_into().unwrap() };
        assert_eq!(heat_bands(2, 10, 2), [(0, 4), (5, 10)]);
        assert_eq!(at(0, 0), [0, 114, 178, 255]);
        assert_eq!(at(1, 3), [0, 114, 178, 255]);
        assert_eq!(at(2, 0), [255; 4]);
        assert_eq!(at(0, 4), [0; 4], "the gap");
        assert_eq!(at(2, 9), [213, 94, 0, 255]);
        assert_eq!(at(5, 5), [234, 175, 128, 255]);
    }

    #[test]
    fn bands_fill_the_height_whatever_their_number() {
        for k in 1..70 {
            for height in [1, 3, 64, 255] {
                let bands = heat_bands(k, height, 3);
                assert_eq!(bands[0].0, 0);
                assert_eq!(bands[k - 1].1, height);
                assert!(bands.windows(2).all(|w| w[0].1 <= w[1].0));
            }
        }
    }

    #[test]
    fn nothing_to_draw_is_a_transparent_picture() {
        for (heat, columns) in [(&[][..], 0), (&[][..], 4), (&[f32::NAN, 7.0][..], 1)] {
            let pixels = heat_pixels(heat, columns, &[BLUE], [255; 3], 3, 2, 1);
            assert_eq!(pixels.len(), 24);
        }
        assert!(heat_pixels(&[1.0], 1, &[BLUE], [255; 3], 0, 0, 1).is_empty());
    }

    #[test]
    fn more_columns_than_pixels_shows_the_nearest() {
        let heat: Vec<f32> = (0..100).map(|i| i as f32 / 99.0).collect();
        let pixels = heat_pixels(&heat, 100, &[[0; 3]], [255; 3], 10, 1, 0);
        let greys: Vec<u8> = pixels.chunks(4).map(|p| p[0]).collect();
        assert!(greys.windows(2).all(|w| w[0] > w[1]));
    }
}
