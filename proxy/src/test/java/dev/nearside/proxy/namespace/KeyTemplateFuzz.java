package dev.nearside.proxy.namespace;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whatever template and key: a template is refused in one sentence or read, and a key matches if a
 * reader over strings says so, which knows the canonical forms from the JDK.
 */
public final class KeyTemplateFuzz {
  private static final Pattern PART = Pattern.compile("\\{([^}:]*)(?::[^}]*)?}");

  private KeyTemplateFuzz() {}

  /** One input of the fuzzer: the template's line, then the key. */
  public static void fuzzerTestOneInput(byte[] data) {
    String all = new String(data, StandardCharsets.ISO_8859_1);
    int lineEnd = all.indexOf('\n');
    String text = utf8(all.substring(0, Math.max(0, lineEnd)));
    byte[] key = all.substring(lineEnd + 1).getBytes(StandardCharsets.ISO_8859_1);
    KeyTemplate template;
    try {
      template = KeyTemplate.parse(text);
    } catch (IllegalArgumentException refused) {
      return;
    }
    check(template, text, key);
  }

  private static void check(KeyTemplate template, String text, byte[] key) {
    Object[] expected = expected(template, text, key);
    Object[] parts = template.partsOf(key);
    if (!Arrays.equals(expected, parts)) {
      throw new AssertionError(
          "expected " + Arrays.toString(expected) + ", got " + Arrays.toString(parts));
    }
    byte[] amid = new byte[key.length + 2];
    System.arraycopy(key, 0, amid, 1, key.length);
    if (template.matches(amid, 1, key.length) != (parts != null)) {
      throw new AssertionError("matches and partsOf disagree");
    }
  }

  private static Object[] expected(KeyTemplate template, String text, byte[] key) {
    List<String> literals = literals(text, template.endsInAny());
    List<Object> values = new ArrayList<>();
    String rest = new String(key, StandardCharsets.ISO_8859_1);
    if (!rest.startsWith(literals.getFirst())) {
      return null;
    }
    rest = rest.substring(literals.getFirst().length());
    for (int i = 0; i < template.parts().size(); i++) {
      String literal = literals.get(i + 1);
      int end = literal.isEmpty() ? rest.length() : rest.indexOf(literal);
      Object value = end < 0 ? null : value(template.parts().get(i).type(), rest.substring(0, end));
      if (value == null) {
        return null;
      }
      values.add(value);
      rest = rest.substring(end + literal.length());
    }
    return template.endsInAny() || rest.isEmpty() ? values.toArray() : null;
  }

  /** Returns what stands between the parts, as the ISO 8859-1 picture of its bytes. */
  private static List<String> literals(String text, boolean endsInAny) {
    List<String> literals = new ArrayList<>();
    String whole = endsInAny ? text.substring(0, text.length() - 1) : text;
    Matcher part = PART.matcher(whole);
    int from = 0;
    while (part.find()) {
      literals.add(picture(whole.substring(from, part.start())));
      from = part.end();
    }
    literals.add(picture(whole.substring(from)));
    return literals;
  }

  private static Object value(Part.Type type, String raw) {
    String text = strictUtf8(raw);
    if (text == null || text.isEmpty() || text.indexOf('\0') >= 0) {
      return null;
    }
    try {
      Object value =
          switch (type) {
            case TEXT -> text;
            case BIGINT -> Long.valueOf(text);
            case UUID -> UUID.fromString(text);
          };
      return value.toString().equals(text) ? value : null;
    } catch (IllegalArgumentException other) {
      return null;
    }
  }

  private static String strictUtf8(String raw) {
    try {
      byte[] bytes = raw.getBytes(StandardCharsets.ISO_8859_1);
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException malformed) {
      return null;
    }
  }

  private static String utf8(String raw) {
    return new String(raw.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  private static String picture(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }
}
