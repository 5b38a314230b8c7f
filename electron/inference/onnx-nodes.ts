/**
 * Names of an ONNX file's nodes of one kind, read from the protocol buffer without a schema compiler.
 *
 * ModelProto field 7 is the graph, GraphProto field 1 its nodes, NodeProto field 3 the name and field 4 the operator.
 *
 * @see onnx.proto3 of the ONNX standard
 */
export function nodesOfType(model: Uint8Array, operator: string): string[] {
  const names: string[] = [];
  for (const graph of fields(model, 7)) {
    for (const node of fields(graph, 1)) {
      const text = (field: number) =>
        fields(node, field)
          .map((b) => new TextDecoder().decode(b))
          .join('');
      if (text(4) === operator) names.push(text(3));
    }
  }
  return names;
}

/**
 * Whether an ONNX file takes some of its weights from other files, which no checksum of the model covers.
 *
 * TensorProto field 13 names the other file. Tensors lie in a graph's initializers (5; sparse ones 15) and in attributes
 * of nodes (NodeProto 5: tensor 5, tensors 10, graph 6, graphs 11), those of functions (ModelProto 25, nodes 7) too.
 *
 * @see onnx.proto3 of the ONNX standard
 */
export function usesOtherFiles(model: Uint8Array): boolean {
  const inTensor = (tensor: Uint8Array) => fields(tensor, 13).length > 0;
  const inSparse = (sparse: Uint8Array) => [1, 2].some((part) => fields(sparse, part).some(inTensor));
  const inAttribute = (attribute: Uint8Array): boolean =>
    [5, 10].some((part) => fields(attribute, part).some(inTensor)) ||
    [22, 23].some((part) => fields(attribute, part).some(inSparse)) ||
    [6, 11].some((part) => fields(attribute, part).some(inGraph));
  const inNode = (node: Uint8Array): boolean => fields(node, 5).some(inAttribute);
  const inGraph = (graph: Uint8Array): boolean =>
    fields(graph, 5).some(inTensor) || fields(graph, 15).some(inSparse) || fields(graph, 1).some(inNode);
  return fields(model, 7).some(inGraph) || fields(model, 25).some((f) => fields(f, 7).some(inNode));
}

/** Contents of every length-delimited field of one number in a message. */
function fields(message: Uint8Array, number: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError('Expected a whole ONNX file, got one that is cut short.');
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    const kind = key % 8;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const length = varint();
      if (Math.floor(key / 8) === number) out.push(message.subarray(at, at + length));
      at += length;
    } else throw new RangeError(`Expected an ONNX file, got a field of unknown kind ${kind}.`);
  }
  return out;
}
