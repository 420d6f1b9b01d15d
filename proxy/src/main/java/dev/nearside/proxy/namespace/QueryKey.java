package dev.nearside.proxy.namespace;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The key under which the result of a cached query is held: {@code nearside:query:NAME}, and for
 * each argument {@code :} and its text.
 *
 * <p>In an argument {@code %} is written {@code %25} and {@code :} is {@code %3A}; an empty one is
 * {@code %}. So no text holds a {@code :}, each has one form, and two lists of arguments never mean
 * one key. What has another form, since a client wrote the key, is read as far as it can be: it is
 * a key of its own with the same result.
 */
public final class QueryKey {
  private static final String EMPTY = "%";
  private static final byte[] PERCENT = "%25".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] COLON = "%3A".getBytes(StandardCharsets.US_ASCII);

  private QueryKey() {}

  /**
   * Returns the key of {@code query} with {@code arguments}, of which there are as many as its
   * template has parts.
   *
   * @throws IllegalArgumentException if the database could take one for no text; says which and why
   */
  public static byte[] of(Namespace query, List<byte[]> arguments) {
    ByteArrayOutputStream key = new ByteArrayOutputStream();
    key.writeBytes(query.template().prefix());
    for (int i = 0; i < arguments.size(); i++) {
      byte[] argument = arguments.get(i);
      if (argument.length > 0 && !PartBytes.isText(argument, 0, argument.length)) {
        throw new IllegalArgumentException(
            "argument " + query.template().parts().get(i).name() + " is not UTF-8 without NUL");
      }
      if (i > 0) {
        key.write(':'); // that of the first is in the prefix
      }
      key.writeBytes(escaped(argument));
    }
    return key.toByteArray();
  }

  private static byte[] escaped(byte[] argument) {
    if (argument.length == 0) {
      return EMPTY.getBytes(StandardCharsets.US_ASCII);
    }
    ByteArrayOutputStream escaped = new ByteArrayOutputStream(argument.length);
    for (byte b : argument) {
      switch (b) {
        case '%' -> escaped.writeBytes(PERCENT);
        case ':' -> escaped.writeBytes(COLON);
        default -> escaped.write(b);
      }
    }
    return escaped.toByteArray();
  }

  /** Returns the argument whose text in a key is {@code text}. */
  public static String argument(String text) {
    return text.equals(EMPTY) ? "" : text.replace("%3A", ":").replace("%25", "%");
  }

  /** As {@link #argument(String)}, of bytes. */
  static byte[] argument(byte[] text) {
    return argument(new String(text, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
  }
}
