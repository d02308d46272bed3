// What ONNX Runtime Web imports in the place of its own module: that one, with the machine code that engine.js compiled.

const { compiled, glue } = self.runtime;
const { default: makeRuntime } = await import(glue);

export default function make(config) {
  return new Promise((resolve, reject) => {
    const instantiateWasm = (imports, use) => {
      WebAssembly.instantiate(compiled, imports).then((instance) => use(instance, compiled), reject);
      return {}; // the instance comes later
    };
    makeRuntime({ ...config, instantiateWasm }).then(resolve, reject);
  });
}
