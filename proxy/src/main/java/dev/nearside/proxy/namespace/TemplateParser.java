package dev.nearside.proxy.namespace;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** Reads {@code literal{name:type}literal*} once, left to right; each error is one sentence. */
final class TemplateParser {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  private final String text;
  private final List<byte[]> literals = new ArrayList<>();
  private final List<Part> parts = new ArrayList<>();
  private boolean anyRest;

  TemplateParser(String text) {
    this.text = text;
    if (text.isEmpty()) {
      throw error("is empty; expected a pattern such as prompt:{id:bigint} or rule:*");
    }
    int i = 0;
    while (i < text.length()) {
      int open = text.indexOf('{', i);
      addLiteral(text.substring(i, open < 0 ? text.length() : open), open < 0);
      if (open < 0) {
        return;
      }
      i = addPart(open);
    }
    addLiteral("", true);
  }

  byte[][] literals() {
    return literals.toArray(byte[][]::new);
  }

  Part[] parts() {
    return parts.toArray(Part[]::new);
  }

  boolean anyRest() {
    return anyRest;
  }

  private void addLiteral(String raw, boolean last) {
    anyRest = last && raw.endsWith("*");
    String literal = anyRest ? raw.substring(0, raw.length() - 1) : raw;
    if (literal.indexOf('*') >= 0) {
      throw error("has a * before its end; expected * only as the last character");
    }
    if (literal.indexOf('}') >= 0) {
      throw error("has a } without its {; expected {name} or {name:type}");
    }
    boolean touches = literal.isEmpty() && !parts.isEmpty() && (!last || anyRest);
    if (touches) {
      String name = parts.getLast().name();
      throw error("has nothing behind part " + name + " to end it; expected a literal there");
    }
    literals.add(literal.getBytes(StandardCharsets.UTF_8));
  }

  private int addPart(int open) {
    int close = text.indexOf('}', open);
    if (close < 0) {
      throw error("has a { without its }; expected {name} or {name:type}");
    }
    String inside = text.substring(open + 1, close);
    int colon = inside.indexOf(':');
    String name = colon < 0 ? inside : inside.substring(0, colon);
    String type = colon < 0 ? Part.Type.TEXT.label() : inside.substring(colon + 1);
    if (!NAME.matcher(name).matches()) {
      throw error("has a part named \"" + name + "\"; expected letters, digits and _");
    }
    if (parts.stream().anyMatch(part -> part.name().equalsIgnoreCase(name))) {
      throw error("has two parts named " + name + "; expected each name once");
    }
    parts.add(new Part(name, type(type)));
    return close + 1;
  }

  private Part.Type type(String label) {
    for (Part.Type type : Part.Type.values()) {
      if (type.label().equals(label.toLowerCase(Locale.ROOT))) {
        return type;
      }
    }
    throw error("has the part type \"" + label + "\"; expected bigint, text or uuid");
  }

  private IllegalArgumentException error(String complaint) {
    return new IllegalArgumentException("key template \"" + text + "\" " + complaint);
  }
}
