package dev.nearside.proxy.config;

import java.util.function.Function;

/**
 * A kind of value: how it is read, written and talked about.
 *
 * @param name with its article, as in "is not <em>a size</em>"
 * @param expected what to write instead, as in "expected <em>a number with a unit</em>"
 * @param parser text to value
 * @param writer value to YAML that reads back as the same value
 * @param shown the text as errors may show it, without passwords
 * @param isList whether YAML writes it as a sequence; the parser gets the items joined by commas
 */
record ValueType<T>(
    String name,
    String expected,
    Function<String, Parsed<T>> parser,
    Function<T, String> writer,
    Function<String, String> shown,
    boolean isList) {

  ValueType(
      String name,
      String expected,
      Function<String, Parsed<T>> parser,
      Function<T, String> writer) {
    this(name, expected, parser, writer, Function.identity(), false);
  }

  /** Returns the sentence that refuses a text. */
  String refusal(String text, Parsed.Refused<T> refused) {
    String reason = refused.reason() == null ? "is not " + name : refused.reason();
    return Problems.quoted(shown.apply(text)) + " " + reason + "; expected " + expected;
  }
}
