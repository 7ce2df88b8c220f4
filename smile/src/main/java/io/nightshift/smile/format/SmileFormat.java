package io.nightshift.smile.format;

import io.nightshift.scoring.form.ModelDefinition;
import io.nightshift.scoring.format.MalformedModelException;
import io.nightshift.scoring.format.ModelFormat;

/// Files of one serialised model of Smile, as `smile.io.Write.object` writes them.
public final class SmileFormat implements ModelFormat {

    @Override
    public String name() {
        return "Smile (a serialised model object)";
    }

    /// An object stream begins with Java's magic number `0xACED`.
    @Override
    public boolean matches(byte[] content) {
        return content.length >= 2 && content[0] == (byte) 0xAC && content[1] == (byte) 0xED;
    }

    @Override
    public ModelDefinition read(byte[] content) throws MalformedModelException {
        return SmileImport.read(content);
    }
}
