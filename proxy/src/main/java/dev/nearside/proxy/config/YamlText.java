package dev.nearside.proxy.config;

/** Strings written as YAML. */
final class YamlText {
  private YamlText() {}

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
