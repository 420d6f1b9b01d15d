package dev.nearside.proxy.strings;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The commands that are understood well enough to be applied elsewhere than in Redis. */
public final class StringWrites {
  @FunctionalInterface
  private interface Reading {
    StringWrite of(Arguments args, int maxBytes) throws RefusedWriteException;
  }

  private static final Map<String, Reading> BY_NAME =
      Map.ofEntries(
          Map.entry("SET", (args, max) -> SetWrite.set(args)),
          Map.entry("SETEX", (args, max) -> SetWrite.setex(args, ExpiryTime.EX)),
          Map.entry("PSETEX", (args, max) -> SetWrite.setex(args, ExpiryTime.PX)),
          Map.entry("SETNX", (args, max) -> SetWrite.setnx(args)),
          Map.entry("GETSET", (args, max) -> SetWrite.getset(args)),
          Map.entry("MSET", (args, max) -> new MultiSet(args, false)),
          Map.entry("MSETNX", (args, max) -> new MultiSet(args, true)),
          Map.entry("GETDEL", (args, max) -> new Deletion(args, true)),
          Map.entry("DEL", (args, max) -> new Deletion(args, false)),
          Map.entry("UNLINK", (args, max) -> new Deletion(args, false)),
          Map.entry("GETEX", (args, max) -> new GetExpiry(args)),
          Map.entry("EXPIRE", (args, max) -> new ExpiryWrite(args)),
          Map.entry("PEXPIRE", (args, max) -> new ExpiryWrite(args)),
          Map.entry("EXPIREAT", (args, max) -> new ExpiryWrite(args)),
          Map.entry("PEXPIREAT", (args, max) -> new ExpiryWrite(args)),
          Map.entry("PERSIST", (args, max) -> new ExpiryWrite(args)),
          Map.entry("INCR", (args, max) -> Increment.by(args, 1)),
          Map.entry("DECR", (args, max) -> Increment.by(args, -1)),
          Map.entry("INCRBY", (args, max) -> Increment.by(args, args.number(2))),
          Map.entry("DECRBY", (args, max) -> Increment.decrease(args)),
          Map.entry("INCRBYFLOAT", (args, max) -> Increment.fraction(args)),
          Map.entry("APPEND", PartWrite::append),
          Map.entry("SETRANGE", PartWrite::range));

  private StringWrites() {}

  /** Returns their names, in upper case. */
  public static Set<String> names() {
    return BY_NAME.keySet();
  }

  /** Returns whether the command of this name, in upper case, is one of them. */
  public static boolean contains(String name) {
    return BY_NAME.containsKey(name);
  }

  /**
   * Reads a command.
   *
   * @param args its arguments, the name first, as many as its arity asks for; kept
   * @param maxBytes the longest string that may come of it, where it makes one longer
   * @throws RefusedWriteException where Redis would refuse it whatever its keys hold
   * @throws IllegalArgumentException if it is none of {@link #names}
   */
  public static StringWrite of(List<byte[]> args, int maxBytes) throws RefusedWriteException {
    Arguments read = new Arguments(args);
    Reading reading = BY_NAME.get(read.command().toUpperCase(Locale.ROOT));
    if (reading == null) {
      throw new IllegalArgumentException("no write of strings: " + read.command());
    }
    return reading.of(read, maxBytes);
  }
}
