// Scores a row with a mixture exported from Mixscope; nothing to install.
//
//   import { score } from "./score.mjs";
//   score(["@EXAMPLE@"]);     // the columns in this order: see COLUMNS

export const COLUMNS = "@COLUMNS@";
export const NAMES = "@NAMES@";
// Means; L^-1 of each covariance L L'; what does not depend on the row; degrees of freedom of t components.
const MEANS = "@MEANS@";
const WHITEN = "@WHITEN@";
const CONSTANTS = "@CONSTANTS@";
const DEGREES = "@DEGREES@";
const NOISE = "@NOISE@"; // log-weight and log-density of a component of constant density, added

// Label, responsibilities by name and ln p of a row: an array of numbers, one for each column.
export function score(row) {
  const logs = MEANS.map((mean, k) => {
    const off = mean.map((m, j) => row[j] - m);
    const dot = (line) => line.reduce((sum, a, j) => sum + a * off[j], 0);
    const q = WHITEN[k].reduce((sum, line) => sum + dot(line) ** 2, 0);
    const nu = DEGREES[k];
    return CONSTANTS[k] - (nu ? ((nu + off.length) / 2) * Math.log1p(q / nu) : q / 2);
  }).concat(NOISE);
  const top = Math.max(...logs);
  const logDensity = top + Math.log(logs.reduce((sum, value) => sum + Math.exp(value - top), 0));
  const shares = logs.map((value) => Math.exp(value - logDensity));
  return {
    label: NAMES[shares.indexOf(Math.max(...shares))],
    responsibilities: Object.fromEntries(NAMES.map((name, k) => [name, shares[k]])),
    logDensity,
  };
}
