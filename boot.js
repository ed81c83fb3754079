// Starts the page: checks what it needs, loads the wasm file, clears the first paint.
// A file of its own, because the content policy allows no inline script.

// The smallest module that uses a 128-bit vector.
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253,
  15, 253, 98, 11,
]);

const boot = document.getElementById("boot");

function say(sentence) {
  const alert = document.createElement("p");
  alert.setAttribute("role", "alert");
  alert.textContent = sentence;
  boot.replaceChildren(alert);
}

async function start() {
  if (typeof WebAssembly !== "object" || !WebAssembly.validate(SIMD)) {
    say("Mixscope needs a browser with WebAssembly SIMD: any Chrome, Edge, Firefox or Safari from 2023 on.");
    return;
  }
  try {
    const { default: init } = await import("./mixscope.js");
    await init({ module_or_path: new URL("./mixscope_bg.wasm", document.baseURI) });
    boot.remove();
  } catch (error) {
    console.error(error);
    say(`Mixscope could not start. Reload the page; if it happens again, report this: ${error}`);
  }
}

start();
