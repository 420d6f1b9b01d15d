package dev.nearside.agent.host;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A small text file of procfs or cgroupfs that is opened once and read again and again.
 *
 * <p>The kernel renders such a file anew for each read at offset 0, and whole when the buffer has
 * room for it, so one positional read sees the present. Numbers are parsed from the bytes; nothing
 * is allocated unless the file outgrows the buffer. Confined to one thread.
 */
final class KernelFile implements Closeable {
  /** What a number is that is not there or is malformed. */
  static final long ABSENT = Long.MIN_VALUE;

  /** What {@code max} and {@code unlimited} are, and every number that does not fit a long. */
  static final long UNLIMITED = Long.MAX_VALUE;

  private static final byte[] MAX = ascii("max");
  private static final byte[] UNLIMITED_WORD = ascii("unlimited");
  private static final int FIRST_BYTES = 4096;
  private static final int MOST_BYTES = 1 << 20;

  private final FileChannel channel;
  private ByteBuffer bytes = ByteBuffer.allocateDirect(FIRST_BYTES);
  private int length;

  private KernelFile(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Opens a file and reads it once, since some open fine and refuse every read (PSI when disabled).
   *
   * @return the file, or null when it is absent or may not be read
   */
  static @Nullable KernelFile open(Path path) {
    KernelFile file = null;
    try {
      file = new KernelFile(FileChannel.open(path, StandardOpenOption.READ));
      if (file.read()) {
        return file;
      }
    } catch (IOException e) {
      return null;
    }
    file.close();
    return null;
  }

  /** Returns the bytes of an ASCII literal, for the look-ups below. */
  static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }

  /** Reads the file as it is now; false when that fails, and then every number is absent. */
  boolean read() {
    length = 0;
    try {
      channel.read(bytes.clear(), 0);
      while (!bytes.hasRemaining()) {
        if (bytes.capacity() >= MOST_BYTES) {
          return false;
        }
        bytes = ByteBuffer.allocateDirect(bytes.capacity() * 4);
        channel.read(bytes, 0);
      }
    } catch (IOException e) {
      return false;
    }
    length = bytes.position();
    return true;
  }

  /** Returns the number the file starts with. */
  long number() {
    return parse(0);
  }

  /** Returns the second number of the first line, as in {@code 50000 100000}. */
  long secondNumber() {
    int at = 0;
    while (at < length && !isSpace(bytes.get(at))) {
      at++;
    }
    return at == 0 ? ABSENT : parse(at);
  }

  /**
   * Returns the number after {@code prefix}, which includes its separator, on the line it starts.
   */
  long field(byte[] prefix) {
    int at = afterPrefix(prefix);
    return at < 0 ? ABSENT : parse(at);
  }

  /** Returns the number after {@code key} anywhere in the line that {@code prefix} starts. */
  long field(byte[] prefix, byte[] key) {
    int at = afterPrefix(prefix);
    while (at >= 0 && at < length && bytes.get(at) != '\n') {
      if (startsWith(at, key)) {
        return parse(at + key.length);
      }
      at++;
    }
    return ABSENT;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // A file opened for reading has nothing to lose in a failed close.
      length = 0;
    }
  }

  private int afterPrefix(byte[] prefix) {
    int at = 0;
    while (at < length) {
      if (startsWith(at, prefix)) {
        return at + prefix.length;
      }
      while (at < length && bytes.get(at) != '\n') {
        at++;
      }
      at++;
    }
    return -1;
  }

  private boolean startsWith(int at, byte[] text) {
    if (at + text.length > length) {
      return false;
    }
    for (int i = 0; i < text.length; i++) {
      if (bytes.get(at + i) != text[i]) {
        return false;
      }
    }
    return true;
  }

  private long parse(int from) {
    int at = from;
    while (at < length && bytes.get(at) == ' ') {
      at++;
    }
    if (isWord(at, MAX) || isWord(at, UNLIMITED_WORD)) {
      return UNLIMITED;
    }
    boolean negative = at < length && bytes.get(at) == '-';
    long magnitude = digits(negative ? at + 1 : at);
    return magnitude == ABSENT ? ABSENT : negative ? -magnitude : magnitude;
  }

  private boolean isWord(int at, byte[] word) {
    return startsWith(at, word) && isEnd(at + word.length);
  }

  private long digits(int from) {
    long value = 0;
    int at = from;
    while (at < length && bytes.get(at) >= '0' && bytes.get(at) <= '9') {
      int digit = bytes.get(at++) - '0';
      value = value > (UNLIMITED - digit) / 10 ? UNLIMITED : value * 10 + digit;
    }
    return at > from && isEnd(at) ? value : ABSENT;
  }

  private boolean isEnd(int at) {
    return at >= length || isSpace(bytes.get(at));
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\t';
  }
}
