package dev.nearside.proxy.namespace;

/**
 * A named, typed piece of a key: the {@code {id:bigint}} of {@code prompt:{id:bigint}}.
 *
 * @param name its name, an SQL identifier
 * @param type how its bytes are read
 */
public record Part(String name, Type type) {

  /** How a part is written in a key, and its PostgreSQL type. */
  public enum Type {
    /** A decimal {@code long} in its one canonical form: no sign but {@code -}, no leading zero. */
    BIGINT,
    /** At least one byte of UTF-8 without NUL, which PostgreSQL cannot hold. */
    TEXT,
    /** A UUID in its canonical form: lower case, four hyphens. */
    UUID;

    /** Returns the type's name in PostgreSQL and in a template. */
    public String label() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    boolean accepts(byte[] bytes, int from, int to) {
      return switch (this) {
        case BIGINT -> PartBytes.isBigint(bytes, from, to);
        case TEXT -> PartBytes.isText(bytes, from, to);
        case UUID -> PartBytes.isUuid(bytes, from, to);
      };
    }

    Object read(byte[] bytes, int from, int to) {
      var text = new String(bytes, from, to - from, java.nio.charset.StandardCharsets.UTF_8);
      return switch (this) {
        case BIGINT -> Long.valueOf(text);
        case TEXT -> text;
        case UUID -> java.util.UUID.fromString(text);
      };
    }
  }
}
