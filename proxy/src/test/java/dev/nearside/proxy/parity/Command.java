package dev.nearside.proxy.parity;

import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * One request as it is written; every char of its strings is a byte.
 *
 * @param args what the server is to understand; empty where there is nothing to answer
 * @param wire the bytes
 */
record Command(List<String> args, String wire) {
  private static final int MAX_INLINE = 1_000;
  private static final int SHOWN = 100;
  private static final char ELLIPSIS = '…';

  /** Writes a command as clients do. */
  static Command array(List<String> args) {
    StringBuilder wire = new StringBuilder("*" + args.size() + "\r\n");
    for (String arg : args) {
      wire.append('$').append(arg.length()).append("\r\n").append(arg).append("\r\n");
    }
    return new Command(List.copyOf(args), wire.toString());
  }

  /** As {@link #array(List)}, of words. */
  static Command of(String... args) {
    return array(List.of(args));
  }

  /** Writes a command as a line, with quotes and blanks wherever they may be. */
  static Command inline(List<String> args, SplittableRandom random) {
    if (args.getFirst().isEmpty() || args.stream().mapToInt(String::length).sum() > MAX_INLINE) {
      return array(args);
    }
    StringBuilder wire = new StringBuilder(random.nextInt(5) == 0 ? " " : "");
    for (String arg : args) {
      wire.append(quoted(arg, random)).append(random.nextInt(6) == 0 ? " \t " : " ");
    }
    return new Command(List.copyOf(args), wire + (random.nextBoolean() ? "\r\n" : "\n"));
  }

  /** Returns bytes that ask for nothing. */
  static Command nothing(String wire) {
    return new Command(List.of(), wire);
  }

  /** Returns its name in upper case, or nothing. */
  String name() {
    return args.isEmpty() ? "" : args.getFirst().toUpperCase(Locale.ROOT);
  }

  /** Returns an argument in upper case, or nothing where there is none. */
  String word(int index) {
    return index < args.size() ? args.get(index).toUpperCase(Locale.ROOT) : "";
  }

  private static String quoted(String arg, SplittableRandom random) {
    boolean plain = !arg.isEmpty() && arg.chars().allMatch(c -> c > ' ' && c < 127);
    if (plain && arg.indexOf('"') < 0 && arg.indexOf('\'') < 0 && random.nextInt(4) > 0) {
      return arg;
    }
    boolean printable = arg.chars().allMatch(c -> c >= ' ' && c < 127);
    if (printable && arg.indexOf('\'') < 0 && arg.indexOf('\\') < 0 && random.nextBoolean()) {
      return "'" + arg + "'";
    }
    StringBuilder quoted = new StringBuilder("\"");
    arg.chars().forEach(c -> quoted.append(escaped((char) c)));
    return quoted.append('"').toString();
  }

  private static String escaped(char c) {
    return switch (c) {
      case '"', '\\' -> "\\" + c;
      case '\n' -> "\\n";
      case '\r' -> "\\r";
      case '\t' -> "\\t";
      default -> c >= ' ' && c < 127 ? String.valueOf(c) : String.format("\\x%02x", (int) c);
    };
  }

  @Override
  public String toString() {
    return shown(wire, SHOWN);
  }

  /** Returns bytes on one line, those in the middle left out if there are many. */
  static String shown(String bytes, int max) {
    String cut =
        bytes.length() <= max
            ? bytes
            : bytes.substring(0, max / 2)
                + "…("
                + bytes.length()
                + ")…"
                + bytes.substring(bytes.length() - max / 2);
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < cut.length(); i++) {
      char c = cut.charAt(i);
      line.append(c == '"' || c == '\\' || c == ELLIPSIS ? String.valueOf(c) : escaped(c));
    }
    return line.toString();
  }
}
