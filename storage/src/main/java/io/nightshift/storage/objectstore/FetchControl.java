package io.nightshift.storage.objectstore;

/// The caller of a fetch that takes long. Called on several threads.
public interface FetchControl {

    /// A caller that waits to the end.
    FetchControl NONE = new FetchControl() {
        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public void progressed() {
            // Nobody looks.
        }
    };

    /// Whether to give up.
    boolean isCancelled();

    /// Bytes have arrived.
    void progressed();
}
