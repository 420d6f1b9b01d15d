package dev.nearside.proxy.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever stands in the file: a configuration or sentences, one line each, and no password. */
class ConfigurationFuzzTest {
  private static final int ROUNDS = 200;
  private static final String SECRET = "geheim";

  private static final String SEED_FILE =
      """
      listen: 127.0.0.1:6380
      upstream:
        uri: redis://app:geheim@localhost:6379/0
        local-databases: [0, 1]
      l1: {mode: on, max-bytes: 64MiB, max-entry: 1MiB}
      coherence:
        max-staleness: 1s
      database:
        url: "jdbc:postgresql://localhost/shop"
        password: 'geheim'
      namespaces:
        prompt:
          keys: prompt:{id:bigint}
          l2-ttl: 15m
          database:
            query: |
              SELECT id, body
              FROM prompt WHERE id = ANY(:id)
            value: "*"
      """;

  private static final List<String> PIECES =
      List.of(
          ":",
          ": ",
          "- ",
          "\n",
          "\n  ",
          "{",
          "}",
          "[",
          "]",
          "'",
          "\"",
          "#",
          "&a ",
          "*a",
          "!!int ",
          "!!binary ",
          "|",
          ">",
          "%",
          "@",
          "---\n",
          "...\n",
          "? ",
          "~",
          "<<: ",
          "\t",
          "\u0000",
          "\u0085",
          "\ufeff",
          "\ud800",
          "\ud83d\ude00",
          "\\x",
          "0x",
          "1e9",
          "-",
          ",",
          "on",
          "null",
          "namespaces:\n",
          "l1:\n",
          "99999999999999999999GiB",
          "password: ");

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void file_mutated_isAConfigurationOrIsRefused(long seed) {
    Random random = new Random(seed);
    int accepted = 0;
    for (int i = 0; i < ROUNDS; i++) {
      accepted += outcome(mutated(random)) ? 1 : 0;
    }
    assertThat(accepted).isBetween(1, ROUNDS - 1);
  }

  @Test
  void file_ofPiecesOnly_isAConfigurationOrIsRefused() {
    Random random = new Random(4);
    for (int i = 0; i < ROUNDS; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(20); n >= 0; n--) {
        text.append(PIECES.get(random.nextInt(PIECES.size())));
      }
      assertThat(outcome(text.toString())).isFalse();
    }
  }

  private static String mutated(Random random) {
    StringBuilder text = new StringBuilder(SEED_FILE);
    for (int n = random.nextInt(3); n >= 0; n--) {
      int at = random.nextInt(text.length());
      switch (random.nextInt(3)) {
        case 0 -> text.insert(at, PIECES.get(random.nextInt(PIECES.size())));
        case 1 -> text.delete(at, at + 1 + random.nextInt(5));
        default -> text.setCharAt(at, (char) (' ' + random.nextInt(96)));
      }
    }
    return text.toString();
  }

  /** Returns whether the text was accepted; any exception but the expected one fails the test. */
  private boolean outcome(String yaml) {
    try {
      YamlNode node = YamlReader.read(yaml);
      assertThat(node == null || node.line() >= 1).isTrue();
    } catch (YamlReader.UnreadableException e) {
      assertThat(e.line()).isPositive();
      assertThat(e).hasMessageNotContaining("\n").hasMessageNotContaining(SECRET);
    }
    String encodable = yaml.replaceAll("[\\ud800-\\udfff]", "");
    try {
      new ConfigurationScene(folder).yaml(encodable).config();
      return true;
    } catch (ConfigurationException e) {
      assertThat(e.problems())
          .isNotEmpty()
          .allSatisfy(problem -> assertThat(problem).isNotBlank().doesNotContain("\n", "\r"));
      return false;
    }
  }
}
