package dev.nearside.proxy.tier.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.namespace.KeyTemplate;
import dev.nearside.proxy.namespace.Namespace;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NamedQueryTest {
  @Test
  void parameter_becomesQuestionMark() {
    NamedQuery query = parse("p:{id:bigint}", "SELECT id, body FROM p WHERE id = ANY(:id)", "body");
    assertThat(query.sql()).isEqualTo("SELECT id, body FROM p WHERE id = ANY(?)");
    assertThat(query.parameters()).containsExactly(0);
    assertThat(query.valueColumn()).isEqualTo("body");
  }

  @Test
  void parameters_mayRepeatAndStandInAnyOrder() {
    NamedQuery query = parse("p:{a}:{b}", "SELECT f(:b,:a) WHERE x=ANY(:b)", "v");
    assertThat(query.sql()).isEqualTo("SELECT f(?,?) WHERE x=ANY(?)");
    assertThat(query.parameters()).containsExactly(1, 0, 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "':b'",
        "'it''s :b'",
        "E'\\':b'",
        "E'it''s \\' :b'",
        "e'\\\\' || ':b'",
        "somename':b'",
        "\":b\"",
        "\"a\"\":b\"",
        "$$:b$$",
        "$x$ :b $$ :b $x$",
        "x$$y",
        "b::b",
        "f(b := 1)",
        "a[1:2]",
        "a[:2]",
        "-- :b ' \n",
        "/* :b /* ' */ :b */",
        "1 - -1",
        "1 / 2",
      })
  void looksLikeParameter_staysAsItIs(String piece) {
    NamedQuery query = parse("p:{a}", "SELECT " + piece + " ,:a", "v");
    assertThat(query.sql()).isEqualTo("SELECT " + piece + " ,?");
  }

  @Test
  void parameterWithCast_keepsTheCast() {
    assertThat(parse("p:{a}", "SELECT unnest(:a::text[])", "v").sql())
        .isEqualTo("SELECT unnest(?::text[])");
  }

  @Test
  void backslashInPlainString_doesNotEscape() {
    assertThat(parse("p:{a}", "SELECT '\\', :a", "v").sql()).isEqualTo("SELECT '\\', ?");
  }

  @Test
  void questionMarkOperator_isDoubledOutsideOfQuotes() {
    assertThat(parse("p:{a}", "SELECT j ? 'k?', j ?| :a", "v").sql())
        .isEqualTo("SELECT j ?? 'k?', j ??| ?");
  }

  @Test
  void semicolonAtTheEnd_isDropped() {
    assertThat(parse("p:{a}", "SELECT :a ; -- done\n", "v").sql()).isEqualTo("SELECT ?  -- done\n");
  }

  @Test
  void wholeRow_isWrapped() {
    NamedQuery query = parse("p:{a}:{b}", "SELECT * FROM p WHERE (a,b) IN (:a,:b) -- x", "*");
    assertThat(query.sql())
        .isEqualTo(
            "SELECT nearside_row.a, nearside_row.b, row_to_json(nearside_row)::text AS"
                + " nearside_value FROM (SELECT * FROM p WHERE (a,b) IN (?,?) -- x\n) nearside_row");
    assertThat(query.valueColumn()).isEqualTo("nearside_value");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "SELECT :a, :c|names :c; expected a part of its keys: a",
        "SELECT :A, :a|names :A",
        "SELECT 1|does not use part a",
        "SELECT ':a'|does not use part a",
        "SELECT :a; SELECT 2|more than one statement",
        "SELECT ':a|never closed",
        "SELECT \":a|never closed",
        "SELECT :a /* /* */|never closed",
        "SELECT :a $q$ x $q|never closed",
        "``|is empty",
        ";|is empty",
      })
  void malformed_saysWhatAndWhatWasExpected(String sql, String complaint) {
    assertThatThrownBy(() -> parse("p:{a}", sql, "v"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("query of namespace p ")
        .hasMessageContaining(complaint);
  }

  @ParameterizedTest
  @ValueSource(strings = {"p:*", "p", "p:{id:bigint}:*"})
  void keysThatDoNotDetermineTheirRow_areRefused(String keys) {
    Duration any = Duration.ofSeconds(1);
    NearsideConfig.DatabaseRead read =
        new NearsideConfig.DatabaseRead("SELECT :id", "v", NearsideConfig.WhenUnavailable.ERROR);
    Namespace namespace =
        Namespace.of(
            new NearsideConfig.Namespace("p", keys, any, any, any, false, any, List.of(), read));
    assertThatThrownBy(() -> NamedQuery.of(namespace))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("do not say which row they mean");
  }

  private static NamedQuery parse(String template, String sql, String value) {
    List<dev.nearside.proxy.namespace.Part> parts = KeyTemplate.parse(template).parts();
    return NamedQuery.parse("query of namespace p", sql, parts, value);
  }
}
