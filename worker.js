// A worker of the page: runs the same wasm file in its other role.
//
// The wasm side sets `self.onmessage` and then posts "ready"; the page posts nothing
// before that, so no message can be lost here. Where loading fails, the page is told
// with one string that starts with "failed: ".

const beside = (file) => new URL(file, import.meta.url);

try {
  const { default: init } = await import(beside("./mixscope.js"));
  await init({ module_or_path: beside("./mixscope_bg.wasm") });
} catch (error) {
  self.postMessage(`failed: ${error}`);
}
