package io.nightshift.http;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLContext;

/// Runs one server next to two busy threads, and obeys its standard input: `work SECONDS` lets the busy
/// threads work and prints their speed and the processor time, `key FILE` replaces the key for TLS.
final class ServerProcess {

    private static final int BUSY = 2;
    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private ServerProcess() {}

    /// @param arguments the server's name, whether it has [Deadlines], and perhaps a key store for TLS
    public static void main(String[] arguments) throws Exception {
        SSLContext tls = null;
        if (arguments.length > 2) {
            RenewableKey.CURRENT.load(Path.of(arguments[2]));
            tls = RenewableKey.CURRENT.context();
        }
        Deadlines deadlines = Boolean.parseBoolean(arguments[1]) ? new Deadlines() : null;
        System.out.println(Server.named(arguments[0]).start(tls, deadlines));
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "work" -> work(Double.parseDouble(words[1]));
                case "key" -> {
                    RenewableKey.CURRENT.load(Path.of(words[1]));
                    System.out.println("loaded");
                }
                default -> throw new IllegalArgumentException(line);
            }
        }
        System.exit(0);
    }

    private static void work(double seconds) throws InterruptedException {
        BusyThread[] busy = new BusyThread[BUSY];
        for (int i = 0; i < BUSY; i++) {
            busy[i] = new BusyThread();
            busy[i].start();
        }
        long cpu = PROCESS.getProcessCpuTime();
        long[] units = new long[BUSY];
        long busyCpu = 0;
        for (int i = 0; i < BUSY; i++) {
            units[i] = busy[i].units;
            busyCpu -= THREADS.getThreadCpuTime(busy[i].threadId());
        }
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9);
        for (long now = start; now < end; now = System.nanoTime()) {
            LockSupport.parkNanos(end - now);
        }
        long done = 0;
        for (int i = 0; i < BUSY; i++) {
            done += busy[i].units - units[i];
            busyCpu += THREADS.getThreadCpuTime(busy[i].threadId());
        }
        cpu = PROCESS.getProcessCpuTime() - cpu;
        double took = (System.nanoTime() - start) / 1e9;
        for (BusyThread thread : busy) {
            thread.isOver = true;
            thread.join();
        }
        System.out.printf("%.6f %.6f %.6f %.6f%n", took, done / took, (cpu - busyCpu) / 1e9, busyCpu / 1e9);
    }

    /// Computes as a kernel of trees does: it depends on what it has just read, from a table as large as a
    /// forest.
    private static final class BusyThread extends Thread {
        private static final int STEPS = 20_000;

        private final int[] table = new int[1 << 17];
        private volatile long units;
        private volatile boolean isOver;
        private volatile int result;

        @Override
        public void run() {
            for (int i = 0; i < table.length; i++) {
                table[i] = i * 0x9E3779B1 ^ i >>> 7;
            }
            int at = 1;
            while (!isOver) {
                for (int step = 0; step < STEPS; step++) {
                    at = table[at & table.length - 1] * 31 + step;
                }
                result = at;
                units++;
            }
        }
    }
}
