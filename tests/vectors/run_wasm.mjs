// Runs a program of wasm32-wasi that is given files: node run_wasm.mjs PROGRAM FILE...
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { WASI } from "node:wasi";

const [program, ...files] = process.argv.slice(2);
const wasi = new WASI({
  version: "preview1",
  args: [basename(program), ...files.map((file) => `/files/${basename(file)}`)],
  preopens: { "/files": dirname(files[0] ?? program) }, // all it sees of this machine
});
const module = await WebAssembly.compile(await readFile(program));
const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
process.exitCode = wasi.start(instance);
