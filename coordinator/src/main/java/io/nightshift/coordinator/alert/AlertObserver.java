package io.nightshift.coordinator.alert;

/// Is notified of what the outbox does, if it runs on this node. Called by the actor; never blocks.
public interface AlertObserver {

    /// Ignores every notification.
    AlertObserver NONE = new AlertObserver() {
        @Override
        public void incidentOpened() {}

        @Override
        public void attemptEnded(boolean delivered) {}

        @Override
        public void gaveUp() {}

        @Override
        public void countsChanged(int open, int waiting) {}
    };

    /// An incident was opened.
    void incidentOpened();

    /// An attempt to deliver a message ended.
    void attemptEnded(boolean delivered);

    /// The time to deliver a message is over.
    void gaveUp();

    /// @param open incidents whose cause has not ended; 0 if the outbox has left this node
    /// @param waiting messages that are to be delivered
    void countsChanged(int open, int waiting);
}
