package dev.nearside.proxy.namespace;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A tag made of a key's parts: {@code account:{id}}. Immutable and thread-safe. A part appears in
 * the tag as the bytes that it has in the key, an argument of a query as the client gave it.
 */
final class TagTemplate {
  private final byte[][] literals; // literals[i] stands before part parts[i], the last at the end
  private final int[] parts;

  private TagTemplate(List<byte[]> literals, List<Integer> parts) {
    this.literals = literals.toArray(byte[][]::new);
    this.parts = parts.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Reads a template.
   *
   * @param keys has the parts
   * @throws IllegalArgumentException if it is empty, a brace is unpaired or a part is none of the
   *     key's; the message says which
   */
  static TagTemplate parse(String text, KeyTemplate keys) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("a tag is empty; expected a tag such as account:{id}");
    }
    List<byte[]> literals = new ArrayList<>();
    List<Integer> parts = new ArrayList<>();
    int i = 0;
    for (int open = text.indexOf('{'); open >= 0; open = text.indexOf('{', i)) {
      literals.add(literal(text, i, open));
      int close = text.indexOf('}', open);
      if (close < 0) {
        throw error(text, "has a { without its }; expected {part}");
      }
      parts.add(part(text, text.substring(open + 1, close), keys));
      i = close + 1;
    }
    literals.add(literal(text, i, text.length()));
    return new TagTemplate(literals, parts);
  }

  private static byte[] literal(String text, int from, int to) {
    String literal = text.substring(from, to);
    if (literal.indexOf('}') >= 0) {
      throw error(text, "has a } without its {; expected {part}");
    }
    return literal.getBytes(StandardCharsets.UTF_8);
  }

  private static int part(String text, String name, KeyTemplate keys) {
    List<String> names = keys.parts().stream().map(Part::name).toList();
    int index = names.indexOf(name);
    if (index < 0) {
      String known =
          names.isEmpty() ? "none, for the keys have no parts" : String.join(", ", names);
      throw error(text, "names the part \"" + name + "\"; expected one of " + known);
    }
    return index;
  }

  private static IllegalArgumentException error(String text, String complaint) {
    return new IllegalArgumentException("tag \"" + text + "\" " + complaint);
  }

  /** Returns the tag of a key that has these parts. */
  byte[] of(List<byte[]> partsOfKey) {
    ByteArrayOutputStream tag = new ByteArrayOutputStream();
    for (int i = 0; i < parts.length; i++) {
      tag.writeBytes(literals[i]);
      tag.writeBytes(partsOfKey.get(parts[i]));
    }
    tag.writeBytes(literals[parts.length]);
    return tag.toByteArray();
  }
}
