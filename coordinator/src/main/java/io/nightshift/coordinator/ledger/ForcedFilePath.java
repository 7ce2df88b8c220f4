package io.nightshift.coordinator.ledger;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/// H2's file system `forced:`. A write is on the disk before it returns, and so before H2 acknowledges the
/// commit that caused it. H2 itself writes a commit to the file, and leaves to the operating system when it
/// reaches the disk.
///
/// H2 writes a commit as one chunk. Recovery starts at the newest chunk that the store header names. Two things
/// make a power cut in the middle of a chunk harmless:
///
/// - *A chunk is written as a whole, or not at all.* H2 takes a chunk for complete if its first and last
///   sectors are. So the last sector is written when all before it is on the disk. Disks write a sector as a
///   whole.
/// - *The header names the last chunk that was acknowledged.* H2 updates the header now and then, and finds later
///   chunks from there, one after the other. But it also reuses the space of chunks that nothing needs any more.
///   If a new chunk has half overwritten one of those between, recovery stops before it, and loses all later
///   ones. So each chunk is entered into the header, alternately in each of its two copies, along with its last
///   sector.
public final class ForcedFilePath extends FilePathWrapper {

    static final String SCHEME = "forced";

    /// The bytes that a disk writes completely or not at all. Larger than the footer of a chunk.
    private static final int SECTOR = 512;

    /// Makes the scheme known to H2.
    static void register() {
        FilePath.register(new ForcedFilePath());
    }

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        FileChannel file = super.open(mode);
        return mode.equals("r") ? file : new ForcedChannel(file);
    }

    private static final class ForcedChannel extends ForwardingChannel {

        /// The copy of the header that names the newest chunk.
        private StoreHeader header;

        ForcedChannel(FileChannel file) throws IOException {
            super(file);
            this.header = StoreHeader.newest(file);
        }

        @Override
        public synchronized int write(ByteBuffer bytes, long position) throws IOException {
            int length = bytes.remaining();
            if (position == 0) {
                header = StoreHeader.parse(bytes.duplicate());
            }
            int last = position < StoreHeader.LENGTH ? length : Math.min(length, SECTOR);
            int first = length - last;
            if (first > 0) {
                writeFully(bytes.slice(bytes.position(), first), position);
                file.force(false);
            }
            writeFully(bytes.slice(bytes.position() + first, last), position + first);
            StoreHeader next = header.withChunk(bytes.duplicate(), position);
            if (!next.equals(header)) {
                writeFully(next.bytes(), next.position());
                header = next;
            }
            file.force(false);
            bytes.position(bytes.limit());
            return length;
        }

        private void writeFully(ByteBuffer bytes, long position) throws IOException {
            for (long next = position; bytes.hasRemaining(); ) {
                next += file.write(bytes, next);
            }
        }

        @Override
        public synchronized int write(ByteBuffer bytes) throws IOException {
            int written = write(bytes, file.position());
            file.position(file.position() + written);
            return written;
        }

        @Override
        public FileChannel truncate(long size) throws IOException {
            file.truncate(size);
            file.force(true);
            return this;
        }
    }
}
