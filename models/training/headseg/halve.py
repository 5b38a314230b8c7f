"""Half-precision weights in an ONNX file."""

import numpy as np
import onnx
from onnx import numpy_helper


def halve(path):
    """Stores each large weight as float16 with a cast in front of its use; the runtime folds the cast when it loads."""
    graph = onnx.load(path)
    casts, kept = [], []
    for weight in graph.graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT or np.prod(weight.dims) < 512:
            kept.append(weight)
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(weight).astype(np.float16), weight.name + "_half")
        casts.append(onnx.helper.make_node("Cast", [half.name], [weight.name], to=onnx.TensorProto.FLOAT))
        kept.append(half)
    del graph.graph.initializer[:]
    graph.graph.initializer.extend(kept)
    nodes = list(graph.graph.node)
    del graph.graph.node[:]
    graph.graph.node.extend(casts + nodes)
    onnx.checker.check_model(graph)
    onnx.save(graph, path)
