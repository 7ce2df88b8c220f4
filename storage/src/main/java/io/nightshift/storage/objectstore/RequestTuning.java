package io.nightshift.storage.objectstore;

/// The sizes of requests and the first pause between their tries.
///
/// @param page how many objects an answer lists
/// @param firstPauseMillis the pause after the first failure, in milliseconds; later ones are longer
/// @param uploadPart the most bytes that are written in one request
/// @param copyPart the most bytes that are copied in one request, for stores that limit it
record RequestTuning(int page, long firstPauseMillis, long uploadPart, long copyPart) {

    static final RequestTuning DEFAULT = new RequestTuning(1_000, 100);

    RequestTuning(int page, long firstPauseMillis) {
        this(page, firstPauseMillis, 64L << 20, 5L << 30);
    }
}
