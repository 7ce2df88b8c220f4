package io.nightshift.nemesis;

/// How packets fare.
///
/// @param delay in milliseconds
/// @param jitter how much more or less than the delay, in milliseconds; at most the delay
/// @param loss the share of packets that is lost, 0 to 1
record Weather(int delay, int jitter, double loss) {

    static final Weather CALM = new Weather(0, 0, 0);
}
