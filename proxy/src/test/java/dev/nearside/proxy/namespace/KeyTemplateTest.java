package dev.nearside.proxy.namespace;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class KeyTemplateTest {
  private static final String ID = "6b1f3c8e-0a2d-4e5f-9a7b-1c2d3e4f5a6b";

  @ParameterizedTest
  @ValueSource(strings = {"0", "7", "-7", "10", "9223372036854775807", "-9223372036854775808"})
  void bigint_canonicalForm_isRead(String number) {
    assertThat(parts("prompt:{id:bigint}", "prompt:" + number))
        .containsExactly(Long.valueOf(number));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "abc",
        "007",
        "+7",
        "-0",
        "-",
        "--1",
        "1 ",
        " 1",
        "1.0",
        "0x1",
        "1e3",
        "-01",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999",
        "1:2",
        "\u0661"
      })
  void bigint_anyOtherForm_doesNotMatch(String number) {
    assertThat(parts("prompt:{id:bigint}", "prompt:" + number)).isNull();
  }

  @Test
  void bigint_everyFormLongParses_matchesOnlyWhenCanonical() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      long value = random.nextLong() >> random.nextInt(64);
      String text = Long.toString(value);
      String other = value < 0 ? "-0" + text.substring(1) : "0" + text;
      assertThat(parts("p{id:bigint}", "p" + value)).containsExactly(value);
      assertThat(parts("p{id:bigint}", "p" + other)).isNull();
    }
  }

  @Test
  void uuid_canonicalFormOnly() {
    assertThat(parts("u:{id:uuid}", "u:" + ID)).containsExactly(UUID.fromString(ID));
    assertThat(parts("u:{id:uuid}", "u:" + ID.toUpperCase(java.util.Locale.ROOT))).isNull();
    assertThat(parts("u:{id:uuid}", "u:" + ID.replace("-", ""))).isNull();
    assertThat(parts("u:{id:uuid}", "u:{" + ID + "}")).isNull();
    assertThat(parts("u:{id:uuid}", "u:1-1-1-1-1")).isNull();
    assertThat(parts("u:{id:uuid}", "u:" + ID.replace('6', 'g'))).isNull();
  }

  @Test
  void text_isUtf8WithoutNul() {
    assertThat(parts("t:{s}", "t:a")).containsExactly("a");
    assertThat(parts("t:{s:text}", "t:näher \ud83d\ude80")).containsExactly("näher \ud83d\ude80");
    assertThat(parts("t:{s}", "t:")).isNull();
    assertThat(parts("t:{s}", "t:a\0b")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u0080",
        "\u00c0\u0080",
        "\u00c1\u00bf",
        "\u00c3",
        "\u00e0\u009f\u00bf",
        "\u00ed\u00a0\u0080",
        "\u00e2\u0082",
        "\u00f0\u008f\u00bf\u00bf",
        "\u00f4\u0090\u0080\u0080",
        "\u00f5\u0080\u0080\u0080",
        "\u00e2(\u00a1"
      })
  void text_illFormedUtf8_doesNotMatch(String latin1) {
    KeyTemplate template = KeyTemplate.parse("t:{s}");
    assertThat(template.partsOf(("t:" + latin1).getBytes(ISO_8859_1))).isNull();
  }

  @Test
  void text_everyTwoBytes_matchExactlyWhenJavaDecodesThem() {
    KeyTemplate template = KeyTemplate.parse("{s}");
    for (int i = 0; i < 65536; i++) {
      byte[] key = {(byte) (i >> 8), (byte) i};
      boolean wellFormed =
          java.util.Arrays.equals(new String(key, UTF_8).getBytes(UTF_8), key)
              && key[0] != 0
              && key[1] != 0;
      assertThat(template.matches(key, 0, 2)).isEqualTo(wellFormed);
    }
  }

  @Test
  void part_stopsAtFirstOccurrenceOfNextLiteral() {
    assertThat(parts("c:{a}:{b}", "c:x:y:z")).containsExactly("x", "y:z");
    assertThat(parts("c:{a}--{n:bigint}.", "c:x---5.")).containsExactly("x", -5L);
    assertThat(parts("c:{n:bigint}:items", "c:5:items")).containsExactly(5L);
    assertThat(parts("c:{n:bigint}:items", "c:5:items:items")).isNull();
    assertThat(parts("c:{n:bigint}:items", "c:5:item")).isNull();
    assertThat(parts("c:{n:bigint}:items", "c:5")).isNull();
  }

  @Test
  void star_matchesAnyRest() {
    assertThat(parts("rule:*", "rule:")).isEmpty();
    assertThat(parts("rule:*", "rule:a:b")).isEmpty();
    assertThat(parts("rule:*", "rule")).isNull();
    assertThat(parts("*", "")).isEmpty();
    assertThat(parts("s:{n:bigint}:*", "s:5:\0")).containsExactly(5L);
    assertThat(parts("exact", "exact")).isEmpty();
    assertThat(parts("exact", "exactly")).isNull();
  }

  @Test
  void matches_looksOnlyAtItsRange() {
    KeyTemplate template = KeyTemplate.parse("p:{id:bigint}");
    byte[] bytes = "xxp:12yyp:".getBytes(UTF_8);
    assertThat(template.matches(bytes, 2, 4)).isTrue();
    assertThat(template.matches(bytes, 2, 5)).isFalse();
    assertThat(template.matches(bytes, 2, 2)).isFalse();
    assertThat(template.matches(bytes, 8, 2)).isFalse();
    assertThat(template.matches(bytes, 2, 1)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``|is empty",
        "a*b|only as the last",
        "*{a}|only as the last",
        "a**|only as the last",
        "a{b|{ without its }",
        "a}b|} without its {",
        "{a}{b}|nothing behind part a",
        "x{a}*|nothing behind part a",
        "x{a:int}|\"int\"; expected bigint, text or uuid",
        "x{a:}|expected bigint, text or uuid",
        "x{}|part named \"\"",
        "x{1a}|part named \"1a\"",
        "x{a}:{a}|two parts named a",
        "x{a}:{A}|two parts named A",
      })
  void parse_malformed_saysWhatAndWhatWasExpected(String text, String complaint) {
    assertThatThrownBy(() -> KeyTemplate.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("key template \"" + text + "\"")
        .hasMessageContaining(complaint);
  }

  @Test
  void parts_areInTheOrderOfTheKey() {
    KeyTemplate template = KeyTemplate.parse("a{x}b{y_1:uuid}c{z:bigint}");
    assertThat(template.parts())
        .containsExactly(
            new Part("x", Part.Type.TEXT),
            new Part("y_1", Part.Type.UUID),
            new Part("z", Part.Type.BIGINT));
    assertThat(template).hasToString("a{x}b{y_1:uuid}c{z:bigint}");
  }

  private static Object[] parts(String template, String key) {
    KeyTemplate parsed = KeyTemplate.parse(template);
    byte[] bytes = key.getBytes(UTF_8);
    Object[] parts = parsed.partsOf(bytes);
    assertThat(parsed.matches(bytes, 0, bytes.length)).isEqualTo(parts != null);
    return parts;
  }
}
