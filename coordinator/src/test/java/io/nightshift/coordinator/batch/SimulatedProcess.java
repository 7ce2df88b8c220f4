package io.nightshift.coordinator.batch;

/// Something that can be stopped for a while, and be killed.
abstract class SimulatedProcess {

    final Simulation world;
    private boolean alive = true;
    private long frozenUntil;

    SimulatedProcess(Simulation world) {
        this.world = world;
    }

    /// Runs later, when it is not frozen, if it lives.
    final void after(long delay, Runnable step) {
        world.after(delay, () -> resume(step));
    }

    private void resume(Runnable step) {
        if (!alive) {
            return;
        }
        if (world.now() < frozenUntil) {
            world.after(frozenUntil - world.now(), () -> resume(step));
        } else {
            step.run();
        }
    }

    final void freeze(long duration) {
        frozenUntil = Math.max(frozenUntil, world.now() + duration);
    }

    final void wakeUp() {
        frozenUntil = world.now();
    }

    final boolean isAlive() {
        return alive;
    }

    void kill() {
        alive = false;
    }
}
