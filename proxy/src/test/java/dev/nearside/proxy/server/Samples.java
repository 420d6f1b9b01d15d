package dev.nearside.proxy.server;

import dev.nearside.proxy.scene.Twins.Pair;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** The requests of {@code every-command.txt}, and how their replies are compared. */
final class Samples {
  /** One request. */
  record Sample(String sign, List<String> request) {
    /** Sends it, and fails where the replies differ in more than its sign allows. */
    void play(Pair pair) throws IOException {
      pair.send(request.toArray(String[]::new));
      if (sign.equals("!")) {
        pair.assertClosed();
      } else {
        pair.reply(mask(sign));
      }
    }

    /** Returns what COMMAND could call it: {@code config}, {@code config|get}. */
    List<String> names() {
      String name = request.getFirst().toLowerCase(Locale.ROOT);
      return request.size() == 1
          ? List.of(name)
          : List.of(name, name + "|" + request.get(1).toLowerCase(Locale.ROOT));
    }
  }

  private Samples() {}

  /** Returns the samples, one list for each connection. */
  static List<List<Sample>> read() {
    List<List<Sample>> connections = new ArrayList<>();
    for (String paragraph : text().split("\n\n", -1)) {
      List<Sample> samples = new ArrayList<>();
      for (String line : paragraph.strip().lines().toList()) {
        String[] words = words(line);
        if (words[0].length() == 1 && words.length > 1 && isCommand(words[1])) {
          samples.add(new Sample(words[0], List.of(words).subList(1, words.length)));
        }
      }
      connections.add(samples);
    }
    connections.removeIf(List::isEmpty);
    return connections;
  }

  /** A comment's second word is not in capitals. */
  private static boolean isCommand(String word) {
    return word.matches("[A-Z_:-]{3,}");
  }

  private static String text() {
    try (InputStream in = Samples.class.getResourceAsStream("every-command.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static UnaryOperator<String> mask(String sign) {
    return switch (sign) {
      case "=" -> UnaryOperator.identity();
      case "#" -> reply -> reply.replaceAll("\\d+", "#");
      case "~" -> reply -> reply.lines().sorted().collect(Collectors.joining("\n"));
      case "?" -> reply -> reply.substring(0, 1);
      default -> throw new IllegalArgumentException("no mask: " + sign);
    };
  }

  /** Splits at spaces that are not in quotes; {@code \n} and {@code \x00} stand for bytes. */
  static String[] words(String line) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean quoted = false;
    for (char c : (line + " ").toCharArray()) {
      if (c == '"') {
        quoted = !quoted;
      } else if (c != ' ' || quoted) {
        word.append(c);
      } else {
        words.add(unescaped(word.toString()));
        word.setLength(0);
      }
    }
    return words.toArray(String[]::new);
  }

  private static String unescaped(String word) {
    return java.util.regex.Pattern.compile("\\\\x([0-9a-f]{2})")
        .matcher(word.replace("\\n", "\n"))
        .replaceAll(hex -> {
          String character = String.valueOf((char) Integer.parseInt(hex.group(1), 16));
          return java.util.regex.Matcher.quoteReplacement(character);
        });
  }
}
