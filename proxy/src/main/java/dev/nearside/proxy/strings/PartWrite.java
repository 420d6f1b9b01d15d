package dev.nearside.proxy.strings;

import dev.nearside.proxy.resp.Replies;
import java.util.Arrays;
import java.util.List;

/** APPEND and SETRANGE. They keep the key's end. */
final class PartWrite implements StringWrite {
  private static final byte[] NOTHING = {};
  private static final int END = -1;

  private final byte[] key;
  private final byte[] part;
  private final long offset;
  private final int maxBytes;

  private PartWrite(byte[] key, byte[] part, long offset, int maxBytes) {
    this.key = key;
    this.part = part;
    this.offset = offset;
    this.maxBytes = maxBytes;
  }

  static PartWrite append(Arguments args, int maxBytes) {
    return new PartWrite(args.get(1), args.get(2), END, maxBytes);
  }

  /** {@code SETRANGE key offset value}. */
  static PartWrite range(Arguments args, int maxBytes) throws RefusedWriteException {
    long offset = args.number(2);
    if (offset < 0) {
      throw new RefusedWriteException("ERR offset is out of range");
    }
    return new PartWrite(args.get(1), args.get(3), offset, maxBytes);
  }

  @Override
  public List<byte[]> keys() {
    return List.of(key);
  }

  @Override
  public boolean isBlind() {
    return false;
  }

  @Override
  public Change apply(List<KeyState> before, long nowMs) throws RefusedWriteException {
    KeyState old = before.getFirst();
    byte[] value = old.value();
    byte[] whole = value == null ? NOTHING : value;
    if (part.length == 0 && offset != END) {
      return new Change(before, Replies.integer(whole.length));
    }
    long at = offset == END ? whole.length : offset;
    if (at > maxBytes - part.length) {
      throw new RefusedWriteException(
          "ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    }
    byte[] written = Arrays.copyOf(whole, (int) Math.max(whole.length, at + part.length));
    System.arraycopy(part, 0, written, (int) at, part.length);
    return new Change(
        List.of(new KeyState(written, old.expiresAtMs())), Replies.integer(written.length));
  }
}
