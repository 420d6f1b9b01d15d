package dev.nearside.proxy.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/**
 * Reads YAML as tokens into {@link YamlNode}s that know their lines. Anchors are refused: they
 * would let one line mean several keys. Parser messages are reduced to the problem, since they
 * quote the source, which may hold a password.
 */
final class YamlReader {
  /** Nothing in a configuration is nested deeper than four. */
  private static final int DEEPEST = 20;

  private static final YAMLFactory FACTORY = new YAMLFactory();

  private final YAMLParser parser;

  private YamlReader(YAMLParser parser) {
    this.parser = parser;
  }

  /** Thrown with the line, from 1, at which reading stopped. */
  static final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int line;

    UnreadableException(int line, String problem) {
      super(problem);
      this.line = line;
    }

    int line() {
      return line;
    }
  }

  /** Returns the only document of the text, or null when it has none. */
  static @Nullable YamlNode read(String yaml) throws UnreadableException {
    try (YAMLParser parser = FACTORY.createParser(yaml)) {
      return new YamlReader(parser).document();
    } catch (JsonProcessingException e) {
      throw unreadable(e);
    } catch (IOException e) {
      throw new AssertionError("reading a string does no input", e);
    }
  }

  private @Nullable YamlNode document() throws IOException, UnreadableException {
    JsonToken first = parser.nextToken();
    if (first == null) {
      return null;
    }
    YamlNode root = node(first, 0);
    if (parser.nextToken() != null) {
      throw new UnreadableException(line(), "a second document begins; expected one");
    }
    return root;
  }

  private JsonToken next() throws IOException, UnreadableException {
    JsonToken token = parser.nextToken();
    if (token == null) {
      throw new UnreadableException(line(), "the file ends early");
    }
    return token;
  }

  private YamlNode node(JsonToken token, int depth) throws IOException, UnreadableException {
    if (depth > DEEPEST) {
      throw new UnreadableException(line(), "nested deeper than " + DEEPEST + " levels");
    }
    if (parser.isCurrentAlias()) {
      throw new UnreadableException(line(), "an alias (*name); expected the value itself");
    }
    if (token == JsonToken.START_OBJECT) {
      return mapping(depth);
    }
    if (token == JsonToken.START_ARRAY) {
      return sequence(depth);
    }
    return new YamlNode.Scalar(parser.getText(), token == JsonToken.VALUE_NULL, line());
  }

  private YamlNode mapping(int depth) throws IOException, UnreadableException {
    int line = line();
    List<YamlNode.Entry> entries = new ArrayList<>();
    while (next() != JsonToken.END_OBJECT) {
      String key = parser.getText();
      int keyLine = line();
      entries.add(new YamlNode.Entry(key, node(next(), depth + 1), keyLine));
    }
    return new YamlNode.Mapping(List.copyOf(entries), line);
  }

  private YamlNode sequence(int depth) throws IOException, UnreadableException {
    int line = line();
    List<YamlNode> items = new ArrayList<>();
    for (JsonToken token = next(); token != JsonToken.END_ARRAY; token = next()) {
      items.add(node(token, depth + 1));
    }
    return new YamlNode.Sequence(List.copyOf(items), line);
  }

  private int line() {
    return parser.currentTokenLocation().getLineNr();
  }

  private static UnreadableException unreadable(JsonProcessingException e) {
    if (e.getCause() instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
      return new UnreadableException(
          marked.getProblemMark().getLine() + 1, Problems.printable(marked.getProblem()));
    }
    int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
    return new UnreadableException(line, Problems.printable(e.getOriginalMessage()));
  }
}
