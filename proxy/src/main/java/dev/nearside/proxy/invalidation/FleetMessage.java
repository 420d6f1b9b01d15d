package dev.nearside.proxy.invalidation;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one sidecar tells the others, and its bytes on the channel. Numbers are big-endian.
 *
 * <pre>
 *   byte     version, from 1 on; this is 1
 *   8 bytes  sender, drawn at random by each process
 *   8 bytes  number: the sender's first message has 1, each further one the next
 *   byte     kind:  A  announcement: the sender's last message had this number; it has none itself
 *                   K  one or more keys      P  a prefix
 *                   G  a glob pattern        T  one or more tags
 *   then, up to the end, the strings of that kind: 4 bytes of length, the bytes
 * </pre>
 *
 * <p>Every version begins so, up to the number: whoever cannot read the rest can still notice that
 * there was something to forget.
 *
 * @param sender who sent it
 * @param number its number, at least 1
 * @param target what is to be forgotten, or null for an announcement
 */
record FleetMessage(long sender, long number, @Nullable Target target) {
  private static final byte VERSION = 1;
  private static final int HEADER_BYTES = 1 + Long.BYTES + Long.BYTES + 1;

  /** What the strings of one message may come to; a single longer one goes alone. */
  private static final int MAX_STRINGS_BYTES = 64 * 1024;

  /** Returns {@code target} in pieces of which each fits a message. */
  static List<Target> pieces(Target target) {
    if (!(target instanceof Target.Keys(List<byte[]> names))) {
      return List.of(target);
    }
    List<Target> pieces = new ArrayList<>();
    List<byte[]> piece = new ArrayList<>();
    int bytes = 0;
    for (byte[] name : names) {
      if (!piece.isEmpty() && bytes + name.length > MAX_STRINGS_BYTES) {
        pieces.add(new Target.Keys(List.copyOf(piece)));
        piece.clear();
        bytes = 0;
      }
      piece.add(name);
      bytes += Integer.BYTES + name.length;
    }
    if (!piece.isEmpty()) {
      pieces.add(new Target.Keys(List.copyOf(piece)));
    }
    return pieces;
  }

  byte[] encode() {
    List<byte[]> strings = strings();
    int length = HEADER_BYTES + strings.stream().mapToInt(s -> Integer.BYTES + s.length).sum();
    ByteBuffer out =
        ByteBuffer.allocate(length).put(VERSION).putLong(sender).putLong(number).put(kind());
    strings.forEach(string -> out.putInt(string.length).put(string));
    return out.array();
  }

  private byte kind() {
    return (byte)
        switch (target) {
          case null -> 'A';
          case Target.Keys _ -> 'K';
          case Target.Prefix _ -> 'P';
          case Target.Pattern _ -> 'G';
          case Target.Tags _ -> 'T';
        };
  }

  private List<byte[]> strings() {
    return switch (target) {
      case null -> List.of();
      case Target.Keys(List<byte[]> names) -> names;
      case Target.Prefix(byte[] prefix) -> List.of(prefix);
      case Target.Pattern(Glob glob) -> List.of(glob.text());
      case Target.Tags(List<byte[]> tags) -> tags;
    };
  }

  /**
   * Reads a message.
   *
   * @throws IllegalArgumentException if it is none of this version; the message says why
   */
  static FleetMessage decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (bytes.length < HEADER_BYTES || in.get() != VERSION) {
      throw new IllegalArgumentException("no message of version " + VERSION);
    }
    long sender = in.getLong();
    long number = in.getLong();
    if (number < 1) {
      throw new IllegalArgumentException("the number " + number);
    }
    char kind = (char) in.get();
    return new FleetMessage(sender, number, target(kind, strings(in)));
  }

  /**
   * Returns what a message of a newer version says all the same: that its sender has come to its
   * number, as an announcement does. Null for what is no such message.
   */
  static @Nullable FleetMessage headOf(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (bytes.length < HEADER_BYTES || (in.get() & 0xff) <= VERSION) {
      return null;
    }
    long sender = in.getLong();
    long number = in.getLong();
    return number < 1 ? null : new FleetMessage(sender, number, null);
  }

  private static List<byte[]> strings(ByteBuffer in) {
    List<byte[]> strings = new ArrayList<>();
    try {
      while (in.hasRemaining()) {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
          throw new IllegalArgumentException("a string of " + length + " bytes");
        }
        byte[] string = new byte[length];
        in.get(string);
        strings.add(string);
      }
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("an end within a length", e);
    }
    return strings;
  }

  private static @Nullable Target target(char kind, List<byte[]> strings) {
    int count = strings.size();
    boolean fits =
        switch (kind) {
          case 'A' -> count == 0;
          case 'P', 'G' -> count == 1;
          case 'K', 'T' -> count >= 1;
          default -> false;
        };
    if (!fits) {
      throw new IllegalArgumentException(count + " strings of kind " + (int) kind);
    }
    return switch (kind) {
      case 'K' -> new Target.Keys(strings);
      case 'P' -> new Target.Prefix(strings.getFirst());
      case 'G' -> new Target.Pattern(new Glob(strings.getFirst()));
      case 'T' -> new Target.Tags(strings);
      default -> null;
    };
  }
}
