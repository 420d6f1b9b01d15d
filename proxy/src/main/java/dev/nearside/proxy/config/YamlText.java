package dev.nearside.proxy.config;

import java.util.regex.Pattern;

/** Strings written as YAML. */
final class YamlText {
  /** What needs no quotes, whatever stands around it: it begins and ends with a letter or digit. */
  private static final Pattern PLAIN =
      Pattern.compile("[A-Za-z0-9]([A-Za-z0-9_./:-]*[A-Za-z0-9])?");

  private YamlText() {}

  /** Returns the text as it is where that is a YAML scalar, else in quotes. */
  static String plainOrQuoted(String text) {
    return PLAIN.matcher(text).matches() ? text : quoted(text);
  }

  /** Returns a double-quoted YAML scalar, in ASCII. */
  static String quoted(String text) {
    StringBuilder yaml = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        yaml.append('\\').append(c);
      } else if (c == '\n') {
        yaml.append("\\n");
      } else if (c < ' ' || c > '~') {
        yaml.append(String.format("\\u%04X", (int) c));
      } else {
        yaml.append(c);
      }
    }
    return yaml.append('"').toString();
  }
}
