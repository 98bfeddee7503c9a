/**
 * A hard bound on what WebAssembly takes: looking at a process from outside sees a bomb only once it has gone off. MuPDF
 * would answer a refusal by dropping what does not fit, and the document would be half read; so the process ends instead.
 */

const page = 65_536;

/** @param refused called when a module asks for more than `bytes`; it must not return */
export function limitWasmMemory(bytes: number, refused: () => never): void {
  const { grow } = WebAssembly.Memory.prototype;
  WebAssembly.Memory.prototype.grow = function limited(this: WebAssembly.Memory, pages: number): number {
    if (this.buffer.byteLength + pages * page > bytes) refused();
    return grow.call(this, pages);
  };
}
