package io.nightshift.nemesis.network;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/// A Linux network interface whose packets this process reads and writes: `tun`, IP without Ethernet. The
/// kernel removes it when this process ends, even if it was moved into another namespace.
///
/// @see <a href="https://docs.kernel.org/networking/tuntap.html">Universal TUN/TAP device driver</a>
public final class TunDevice implements AutoCloseable {

    /// The size of the largest packet in bytes.
    public static final int MTU = 9000;

    private static final int READ_AND_WRITE = 2;
    private static final long SET_INTERFACE = 0x400454caL;
    private static final short TUN_WITHOUT_HEADER = 0x1001;
    private static final int NAME_BYTES = 16;
    private static final int REQUEST_BYTES = 40;

    private static final MethodHandle OPEN = function(
            "open",
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle IOCTL = function(
            "ioctl",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle READ = function("read", transfer());
    private static final MethodHandle WRITE = function("write", transfer());
    private static final MethodHandle CLOSE =
            function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private final int file;

    private TunDevice(int file) {
        this.file = file;
    }

    private static FunctionDescriptor transfer() {
        return FunctionDescriptor.of(
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG);
    }

    @SuppressWarnings("restricted")
    private static MethodHandle function(String name, FunctionDescriptor types, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), types, options);
    }

    /// Creates the interface.
    ///
    /// @param name at most 15 characters
    public static TunDevice open(String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int file = (int) OPEN.invokeExact(arena.allocateFrom("/dev/net/tun"), READ_AND_WRITE);
            if (file < 0) {
                throw new IOException("/dev/net/tun can't be opened");
            }
            MemorySegment request = arena.allocate(REQUEST_BYTES);
            MemorySegment.copy(
                    name.getBytes(StandardCharsets.US_ASCII), 0, request, ValueLayout.JAVA_BYTE, 0, name.length());
            request.set(ValueLayout.JAVA_SHORT_UNALIGNED, NAME_BYTES, TUN_WITHOUT_HEADER);
            TunDevice tun = new TunDevice(file);
            if ((int) IOCTL.invokeExact(file, SET_INTERFACE, request) < 0) {
                tun.close();
                throw new IOException("the interface %s can't be created".formatted(name));
            }
            return tun;
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /// Waits for a packet that is sent through the interface.
    ///
    /// @param packet a buffer of [#MTU] bytes
    /// @return the length of the packet, or a negative number if the interface is closed
    public int read(MemorySegment packet) {
        return transfer(READ, packet, packet.byteSize());
    }

    /// Delivers a packet at the interface. A packet that can't be delivered is lost.
    public void write(MemorySegment packet, int length) {
        int _ = transfer(WRITE, packet, length);
    }

    private int transfer(MethodHandle function, MemorySegment packet, long length) {
        try {
            return Math.toIntExact((long) function.invokeExact(file, packet, length));
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            int _ = (int) CLOSE.invokeExact(file);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
