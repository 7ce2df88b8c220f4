package io.nightshift.scoring.format.onnx;

import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.ModelFormat;

/// ONNX files.
public final class OnnxFormat implements ModelFormat {

    @Override
    public String name() {
        return "ONNX";
    }

    /// A file begins with the field 1 of the message `ModelProto`, a small version number.
    @Override
    public boolean matches(byte[] content) {
        return content.length > 2 && content[0] == 0x08 && content[1] > 0 && content[1] < 0x20;
    }

    @Override
    public ModelDefinition read(byte[] content) throws MalformedModelException {
        return OnnxReader.read(content);
    }
}
