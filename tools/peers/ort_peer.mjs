// ONNX Runtime on one of `vitrine bench`'s workloads: ort_peer.mjs FOLDER WORK fp32|dynint8 THREADS REPEATS [bound]
// prints one line of JSON, as torch_peer.py does; bound gives each thread a core of its own. FOLDER holds the models of
// onnx_models.py; onnxruntime-node is npm's, installed with --ignore-scripts, found as require() finds it (NODE_PATH, or
// node_modules in a folder above).
//
// A sample is the mean time of a run, in milliseconds, over at least 30 ms. `busy` is the processor time per second of
// wall time.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const ort = createRequire(import.meta.url)('onnxruntime-node');
if (process.argv.length < 3) process.exit();  // it is installed: that was the question
const [folder, work, variant, threads, repeats, bound] = process.argv.slice(2);
const shape = {
  W1a_fwd: [64, 784], W1b_fwd: [256, 784], W2_fwd: [64, 3, 32, 32], W5gelu: [1 << 24],
  W5gelu_tanh: [1 << 14, 1 << 10], W5ln: [4096, 1024], W5sm: [4096, 1024], W6_64x784x128: [64, 784],
  W6_256: [256, 256], W6_512: [512, 512], W6_1024: [1024, 1024], W6_2048: [2048, 2048],
}[work];
const path = `${folder}/${work}_${variant}.onnx`;
if (!shape || !fs.existsSync(path)) {
  console.error(`ort_peer.mjs: there is no model ${path}; onnx_models.py writes those that there are`);
  process.exit(2);
}
// Of the threads that the session makes, which do not include this one: the second core and so on.
const cores = Array.from({ length: +threads - 1 }, (_, i) => i + 2).join(';');
const session = await ort.InferenceSession.create(path, {
  intraOpNumThreads: +threads, interOpNumThreads: 1, graphOptimizationLevel: 'all',
  extra: bound && cores ? { session: { intra_op_thread_affinities: cores } } : {},
});
const x = new ort.Tensor('float32', new Float32Array(shape.reduce((a, b) => a * b)), shape);
for (let i = 0, seed = 1; i < x.data.length; ++i) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  x.data[i] = seed / 2 ** 31 - 1;
}
const once = () => session.run({ x });
const milliseconds = () => Number(process.hrtime.bigint()) / 1e6;

for (let i = 0; i < 3; ++i) await once();
let start = milliseconds();
await once();
const together = Math.max(1, Math.round(30 / (milliseconds() - start)));
const samples = [], busy = [];
for (let i = 0; i < +repeats; ++i) {
  const used = process.cpuUsage();
  start = milliseconds();
  for (let k = 0; k < together; ++k) await once();
  const wall = milliseconds() - start, spent = process.cpuUsage(used);
  samples.push(wall / together);
  busy.push((spent.user + spent.system) / 1e3 / wall);
}
console.log(JSON.stringify({ version: ort.env.versions.node, samples, busy }));
