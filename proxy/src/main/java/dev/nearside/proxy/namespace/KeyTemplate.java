package dev.nearside.proxy.namespace;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The pattern of a namespace's keys: {@code prompt:{id:bigint}}, {@code cart:{user:uuid}:{item}},
 * {@code rule:*}. Immutable and thread-safe.
 *
 * <p>A part stops at the first occurrence of the literal behind it, the last one at the key's end;
 * {@code *}, only at the end, stands for any rest, also none. Literals are compared byte by byte.
 * Without {@code *} a key and its parts determine each other: a number or UUID in another than its
 * canonical form does not match, so that two keys never mean one row.
 */
public final class KeyTemplate {
  private final String text;
  private final byte[][] literals; // literals[i] stands before parts[i], the last one at the end
  private final Part[] parts;
  private final boolean anyRest;

  private KeyTemplate(String text, TemplateParser parsed) {
    this.text = text;
    this.literals = parsed.literals();
    this.parts = parsed.parts();
    this.anyRest = parsed.anyRest();
  }

  /**
   * Reads a template.
   *
   * @throws IllegalArgumentException if it is empty, a brace is unpaired, a type is unknown, two
   *     parts touch or share a name, or {@code *} is not at the end; the message says which
   */
  public static KeyTemplate parse(String text) {
    return new KeyTemplate(text, new TemplateParser(text));
  }

  /** Returns the parts in the order of the key; empty for a mere prefix. */
  public List<Part> parts() {
    return List.of(parts);
  }

  /** Returns whether {@code *} ends the template, and so keys hold more than their parts. */
  public boolean endsInAny() {
    return anyRest;
  }

  /** Returns the bytes every matching key starts with; the array is the caller's. */
  public byte[] prefix() {
    return literals[0].clone();
  }

  /**
   * Returns whether the key in {@code bytes[offset, offset + length)} matches; allocates nothing.
   */
  public boolean matches(byte[] bytes, int offset, int length) {
    return walk(bytes, offset, offset + length, null);
  }

  /**
   * Returns the key's parts as {@link Long}, {@link String} or {@link java.util.UUID}, in order, or
   * null when the key does not match.
   */
  public Object @Nullable [] partsOf(byte[] key) {
    int[] bounds = boundsOf(key, 0, key.length);
    if (bounds == null) {
      return null;
    }
    Object[] values = new Object[parts.length];
    for (int i = 0; i < parts.length; i++) {
      values[i] = parts[i].type().read(key, bounds[2 * i], bounds[2 * i + 1]);
    }
    return values;
  }

  /**
   * Returns the key whose parts are written like this, in order, or null when there is none: a part
   * may not be of its type, or hold the literal behind it, and a template that ends in {@code *}
   * has no one key.
   */
  public byte @Nullable [] keyOf(List<byte[]> texts) {
    if (anyRest || texts.size() != parts.length) {
      return null;
    }
    ByteArrayOutputStream key = new ByteArrayOutputStream();
    key.writeBytes(literals[0]);
    int[] expected = new int[2 * parts.length];
    for (int i = 0; i < parts.length; i++) {
      expected[2 * i] = key.size();
      key.writeBytes(texts.get(i));
      expected[2 * i + 1] = key.size();
      key.writeBytes(literals[i + 1]);
    }
    byte[] bytes = key.toByteArray();
    return Arrays.equals(boundsOf(bytes, 0, bytes.length), expected) ? bytes : null;
  }

  /**
   * Returns where the parts of the key in {@code bytes[offset, offset + length)} begin and end, two
   * indexes each, in order, or null when the key does not match.
   */
  int @Nullable [] boundsOf(byte[] bytes, int offset, int length) {
    int[] bounds = new int[2 * parts.length];
    return walk(bytes, offset, offset + length, bounds) ? bounds : null;
  }

  @Override
  public String toString() {
    return text;
  }

  private boolean walk(byte[] bytes, int offset, int end, int @Nullable [] bounds) {
    if (!startsWith(bytes, offset, end, literals[0])) {
      return false;
    }
    int from = offset + literals[0].length;
    for (int i = 0; i < parts.length; i++) {
      int to = endOfPart(bytes, from, end, i);
      if (to < 0 || !parts[i].type().accepts(bytes, from, to)) {
        return false;
      }
      if (bounds != null) {
        bounds[2 * i] = from;
        bounds[2 * i + 1] = to;
      }
      from = to + literals[i + 1].length;
    }
    return anyRest || from == end;
  }

  private int endOfPart(byte[] bytes, int from, int end, int part) {
    byte[] literal = literals[part + 1];
    if (literal.length == 0) {
      return end;
    }
    for (int i = from; i <= end - literal.length; i++) {
      if (startsWith(bytes, i, end, literal)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean startsWith(byte[] bytes, int from, int end, byte[] literal) {
    int to = from + literal.length;
    return to <= end && Arrays.equals(bytes, from, to, literal, 0, literal.length);
  }
}
