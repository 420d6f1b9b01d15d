package dev.nearside.proxy.invalidation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      quoteCharacter = '"',
      value = {
        "user:* user:1 true",
        "user:* user: true",
        "user:* use false",
        "* \"\" true",
        "** a true",
        "h?llo hello true",
        "h?llo hllo false",
        "h[ae]llo hallo true",
        "h[ae]llo hillo false",
        "h[^e]llo hello false",
        "h[^e]llo hallo true",
        "h[a-c]llo hbllo true",
        "h[c-a]llo hbllo true",
        "h[a-c]llo hdllo false",
        "a\\*b a*b true",
        "a\\*b axb false",
        "a\\ a\\ true",
        "[\\]] ] true",
        "[a-] a true",
        "[ab b true",
        "[ab c false",
        "[] a false",
        "[^] a true",
        "*a*b xxaxxb true",
        "*a*b xxaxxbx false",
        "a*a a false",
        "\"\" \"\" true",
        "\"\" a false"
      })
  void matches_asRedisDoes(String pattern, String name, boolean expected) {
    assertThat(matches(pattern, name)).isEqualTo(expected);
  }

  @Test
  void matches_looksOnlyAtTheName() {
    byte[] longer = bytes("abcd");
    assertThat(new Glob(bytes("ab")).matches(longer, 2)).isTrue();
    assertThat(new Glob(bytes("*d")).matches(longer, 3)).isFalse();
  }

  @Test
  void matches_bytesAboveAscii_areBytes() {
    assertThat(matches("?", "\u00ff")).isTrue();
    assertThat(matches("[\u0080-\u00ff]", "\u00e4")).isTrue();
    assertThat(matches("[^a]", "\u00e4")).isTrue();
  }

  @Test
  void matches_likeTheRecursiveDefinition() {
    Random random = new Random(7);
    int matched = 0;
    for (int i = 0; i < 20_000; i++) {
      String pattern = word(random, "ab*?", 8);
      String name = word(random, "ab", 8);
      boolean expected = recursively(pattern, name);
      matched += expected ? 1 : 0;
      assertThat(matches(pattern, name)).as("%s on %s", pattern, name).isEqualTo(expected);
    }
    assertThat(matched).isBetween(1_000, 19_000);
  }

  @Test
  void matches_manyStars_doesNotBlowUp() {
    // the recursive definition takes longer than anybody lives
    assertThat(matches("*a".repeat(60) + "b", "a".repeat(1024))).isFalse();
  }

  @Test
  void pattern_thatIsTooLong_isRefused() {
    assertThatThrownBy(() -> new Glob(new byte[Glob.MAX_BYTES + 1]))
        .hasMessageContaining("4097 bytes");
  }

  private static boolean recursively(String pattern, String name) {
    if (pattern.isEmpty()) {
      return name.isEmpty();
    }
    if (pattern.charAt(0) == '*') {
      return recursively(pattern.substring(1), name)
          || (!name.isEmpty() && recursively(pattern, name.substring(1)));
    }
    return !name.isEmpty()
        && (pattern.charAt(0) == '?' || pattern.charAt(0) == name.charAt(0))
        && recursively(pattern.substring(1), name.substring(1));
  }

  private static String word(Random random, String alphabet, int most) {
    StringBuilder word = new StringBuilder();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      word.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return word.toString();
  }

  private static boolean matches(String pattern, String name) {
    byte[] bytes = bytes(name);
    return new Glob(bytes(pattern)).matches(bytes, bytes.length);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
