package dev.nearside.proxy.strings;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.nearside.proxy.resp.Replies;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** INCR, DECR, INCRBY, DECRBY and INCRBYFLOAT. They keep the key's end. */
final class Increment implements StringWrite {
  private final byte[] key;
  private final long by;
  private final byte @Nullable [] fraction;

  private Increment(byte[] key, long by, byte @Nullable [] fraction) {
    this.key = key;
    this.by = by;
    this.fraction = fraction;
  }

  static Increment by(Arguments args, long by) {
    return new Increment(args.get(1), by, null);
  }

  /** {@code DECRBY key number}. */
  static Increment decrease(Arguments args) throws RefusedWriteException {
    long number = args.number(2);
    if (number == Long.MIN_VALUE) {
      throw new RefusedWriteException("ERR decrement would overflow");
    }
    return by(args, -number);
  }

  /** {@code INCRBYFLOAT key number}. */
  static Increment fraction(Arguments args) {
    return new Increment(args.get(1), 0, args.get(2));
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
    byte[] added = fraction;
    if (added != null) {
      byte[] sum = sum(value == null ? BigDecimal.ZERO : number(value), number(added));
      return new Change(List.of(new KeyState(sum, old.expiresAtMs())), Replies.bulk(sum));
    }
    long sum = sum(value == null ? 0 : Arguments.number(value));
    byte[] text = Long.toString(sum).getBytes(US_ASCII);
    return new Change(List.of(new KeyState(text, old.expiresAtMs())), Replies.integer(sum));
  }

  private long sum(long number) throws RefusedWriteException {
    try {
      return Math.addExact(number, by);
    } catch (ArithmeticException e) {
      throw new RefusedWriteException("ERR increment or decrement would overflow");
    }
  }

  private static byte[] sum(BigDecimal number, BigDecimal added) throws RefusedWriteException {
    try {
      return ExtendedDouble.print(ExtendedDouble.add(number, added)).getBytes(US_ASCII);
    } catch (ArithmeticException e) {
      throw infinite();
    }
  }

  private static RefusedWriteException infinite() {
    return new RefusedWriteException("ERR increment would produce NaN or Infinity");
  }

  private static BigDecimal number(byte[] text) throws RefusedWriteException {
    try {
      return ExtendedDouble.parse(text);
    } catch (NumberFormatException e) {
      throw new RefusedWriteException("ERR value is not a valid float");
    } catch (ArithmeticException e) {
      throw infinite();
    }
  }
}
