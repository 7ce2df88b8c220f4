package io.nightshift.nemesis.network;

/// Delay and loss of packets.
///
/// @param delay in milliseconds
/// @param jitter the largest deviation from the delay in milliseconds, at most the delay
/// @param loss the fraction of packets that is lost, 0 to 1
public record LinkConditions(int delay, int jitter, double loss) {

    public static final LinkConditions UNDISTURBED = new LinkConditions(0, 0, 0);
}
