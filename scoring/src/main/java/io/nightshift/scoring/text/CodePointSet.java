package io.nightshift.scoring.text;

import java.util.Arrays;

/// A set of Unicode's characters, as ranges of code points.
public final class CodePointSet {

    private static final int PLANE = 1 << 16;

    private final int[] bounds;
    /// Whether the set has each character of the first plane, in which nearly all characters of texts are.
    private final boolean[] first = new boolean[PLANE];

    /// @param bounds the first code point of each range, and the one behind its last one, ascending
    /// @throws IllegalArgumentException if the bounds do not ascend, or are no code points
    public CodePointSet(int... bounds) {
        this.bounds = bounds.clone();
        if (bounds.length % 2 != 0) {
            throw new IllegalArgumentException("a range of characters has no end");
        }
        for (int i = 0; i < bounds.length; i++) {
            if (bounds[i] < 0 || bounds[i] > Character.MAX_CODE_POINT + 1 || (i > 0 && bounds[i] <= bounds[i - 1])) {
                throw new IllegalArgumentException("the ranges of characters do not ascend");
            }
        }
        for (int i = 0; i < bounds.length; i += 2) {
            Arrays.fill(first, Math.min(PLANE, bounds[i]), Math.min(PLANE, bounds[i + 1]), true);
        }
    }

    /// Whether the set has a character.
    ///
    /// @param codePoint the character
    public boolean has(int codePoint) {
        return codePoint < PLANE ? first[codePoint] : search(codePoint);
    }

    private boolean search(int codePoint) {
        int found = Arrays.binarySearch(bounds, codePoint);
        // A range begins at each even position and ends before each odd one.
        return found >= 0 ? found % 2 == 0 : found % 2 == 0 && found != -1;
    }
}
