package io.nightshift.system;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/// Polls less often than Awaitility does by default. What these tests poll is often a command, and what they wait
/// for needs the processors more than they do.
public final class PatientPolls implements LauncherSessionListener {

    private static final Duration INTERVAL = Duration.ofMillis(300);

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        Awaitility.setDefaultPollInterval(INTERVAL);
    }
}
