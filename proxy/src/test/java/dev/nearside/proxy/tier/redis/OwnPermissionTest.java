package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OwnPermissionTest {
  private final OwnPermission permission = new OwnPermission(Duration.ofSeconds(5));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "+@all",
        "-@all +mget",
        "-@all +@read",
        "-@all +get +@string -set",
        "+@all -@dangerous -@admin",
        "+@all -flushall",
        "-@all -@read +mget",
        "+@all -client|kill"
      })
  void allowsMget_wherePlain_isTrue(String rules) {
    assertThat(OwnPermission.allowsMget(rules)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-@all",
        "nocommands",
        "-@all +get",
        "+@all -mget",
        "+@all -@read",
        "+@all -@fast",
        "+mget -@all",
        "+@all -@brandnew",
        "-@all +@brandnew",
        "-@all +@write +@keyspace"
      })
  void allowsMget_whereNotOrNotClear_isFalse(String rules) {
    assertThat(OwnPermission.allowsMget(rules)).isFalse();
  }

  @Test
  void known_limitsNoAge() {
    permission.known(user(List.of()));
    assertThat(permission.isKnown()).isTrue();
    assertThat(permission.maxAgeNs()).isEqualTo(Long.MAX_VALUE);
    assertThat(permission.allowsMget()).isTrue();
  }

  @Test
  void known_withSelectors_saysNothingOfMget() {
    permission.known(user(List.of(List.of("commands", "-@all +mget", "keys", "~x"))));
    assertThat(permission.isKnown()).isTrue();
    assertThat(permission.allowsMget()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"+@all, ~*, true", "+@all -debug, ~*, false", "+@all, ~a*, false"})
  void isUnrestricted_whereAllCommandsAndKeysAreAllowed(String commands, String keys, boolean all) {
    permission.known(Told.of(List.of("commands", commands, "keys", keys), null, 0));
    assertThat(permission.isUnrestricted()).isEqualTo(all);
  }

  @Test
  void isUnrestricted_inTheWordsOfRedis6() {
    permission.known(Told.of(List.of("commands", "+@all", "keys", List.of("*")), null, 0));
    assertThat(permission.isUnrestricted()).isTrue();
    permission.forgotten();
    assertThat(permission.isUnrestricted()).isFalse();
  }

  @Test
  void forgotten_limitsTheAge() {
    permission.known(user(List.of()));
    permission.forgotten();
    assertThat(permission.isKnown()).isFalse();
    assertThat(permission.maxAgeNs()).isEqualTo(5_000_000_000L);
    assertThat(permission.allowsMget()).isFalse();
  }

  private static Told user(List<Object> selectors) {
    return Told.of(
        List.of("flags", List.of("on"), "commands", "+@all", "selectors", selectors), null, 0);
  }
}
