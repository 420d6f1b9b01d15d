package dev.nearside.proxy.parity;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** The templates of {@code commands.txt}, which says how they are written. Immutable. */
final class Grammar {
  private final List<List<String>> lane = new ArrayList<>();
  private final List<List<String>> pinned = new ArrayList<>();

  /** Reads the templates. */
  Grammar() {
    List<List<String>> section = lane;
    for (String line : text().lines().map(String::strip).toList()) {
      if (line.startsWith("= ")) {
        section = line.equals("= lane") ? lane : pinned;
      } else if (!line.isEmpty() && !line.startsWith("#")) {
        add(section, List.of(line.split(" ", -1)));
      }
    }
  }

  private static void add(List<List<String>> section, List<String> words) {
    boolean weighted = words.getFirst().chars().allMatch(Character::isDigit);
    int weight = weighted ? Integer.parseInt(words.getFirst()) : 1;
    for (int i = 0; i < weight; i++) {
      section.add(weighted ? words.subList(1, words.size()) : words);
    }
  }

  private static String text() {
    try (InputStream in = Grammar.class.getResourceAsStream("commands.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns one that shares its upstream connection with others. */
  List<String> lane(SplittableRandom random, Words words) {
    return new Expansion(lane.get(random.nextInt(lane.size())), random, words).all();
  }

  /** Returns one that does not. */
  List<String> pinned(SplittableRandom random, Words words) {
    return new Expansion(pinned.get(random.nextInt(pinned.size())), random, words).all();
  }

  /** One template on its way to become a command. */
  private static final class Expansion {
    private final List<String> template;
    private final SplittableRandom random;
    private final Words words;

    Expansion(List<String> template, SplittableRandom random, Words words) {
      this.template = template;
      this.random = random;
      this.words = words;
    }

    List<String> all() {
      return part(0, template.size());
    }

    private List<String> part(int from, int to) {
      List<String> expanded = new ArrayList<>();
      for (int at = from; at < to; at++) {
        String word = template.get(at);
        if (word.equals("(") || word.equals("[") || word.equals("{")) {
          int close = close(at);
          expanded.addAll(group(word, at + 1, close));
          at = close;
        } else {
          expanded.add(words.of(word));
        }
      }
      return expanded;
    }

    private List<String> group(String kind, int from, int to) {
      return switch (kind) {
        case "[" -> random.nextBoolean() ? List.of() : choice(from, to);
        case "{" -> repeated(from, to);
        default -> choice(from, to);
      };
    }

    private List<String> repeated(int from, int to) {
      List<String> all = new ArrayList<>();
      for (int i = random.nextInt(3); i >= 0; i--) {
        all.addAll(part(from, to));
      }
      return all;
    }

    private List<String> choice(int from, int to) {
      List<Integer> borders = new ArrayList<>(List.of(from - 1));
      for (int at = from; at < to; at++) {
        String word = template.get(at);
        if (word.equals("|")) {
          borders.add(at);
        } else if (word.equals("(") || word.equals("[") || word.equals("{")) {
          at = close(at);
        }
      }
      borders.add(to);
      int chosen = random.nextInt(borders.size() - 1);
      return part(borders.get(chosen) + 1, borders.get(chosen + 1));
    }

    private int close(int open) {
      int depth = 0;
      for (int at = open; ; at++) {
        switch (template.get(at)) {
          case "(", "[", "{" -> depth++;
          case ")", "]", "}" -> depth--;
          default -> {}
        }
        if (depth == 0) {
          return at;
        }
      }
    }
  }
}
