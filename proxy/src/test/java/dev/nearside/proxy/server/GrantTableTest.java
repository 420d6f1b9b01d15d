package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.tier.local.LookupKey;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class GrantTableTest {
  private static final long TTL_NS = 1_000;

  private final GrantTable table = new GrantTable(TTL_NS);
  private final ReadGrants bob = new ReadGrants(table);
  private final ReadGrants eve = new ReadGrants(table);

  private static LookupKey key(String name) {
    return new LookupKey().set(0, name.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void grant_isForTheClientAndTheKey_andForItsTime() {
    bob.granted(key("k"), 0);
    assertThat(bob.allow(key("k"), TTL_NS)).isTrue();
    assertThat(bob.allow(key("k"), TTL_NS + 1)).isFalse();
    assertThat(bob.allow(key("other"), 0)).isFalse();
    assertThat(eve.allow(key("k"), 0)).isFalse();
  }

  @Test
  void grant_ofAKeyThatIsSetAnewAfterwards_staysAsItWas() {
    LookupKey scratch = key("k");
    bob.granted(scratch, 0);
    scratch.set(0, "other".getBytes(StandardCharsets.UTF_8));
    assertThat(bob.allow(key("k"), 0)).isTrue();
    assertThat(bob.allow(key("other"), 0)).isFalse();
  }

  @Test
  void clear_endsTheGrantsOfThatClientAlone() {
    bob.granted(key("k"), 0);
    eve.granted(key("k"), 0);
    bob.clear();
    assertThat(bob.allow(key("k"), 0)).isFalse();
    assertThat(eve.allow(key("k"), 0)).isTrue();
  }

  @Test
  void refusal_endsTheGrant_andGivesItsMemoryBack() {
    bob.granted(key("k"), 0);
    bob.refused(key("k"));
    bob.refused(key("never granted"));
    assertThat(bob.allow(key("k"), 0)).isFalse();
    assertThat(table.size()).isZero();
    assertThat(table.bytes()).isZero();
  }

  @Test
  void manyGrantsOfManyClients_stayWithinTheirBytes_theYoungestAreKept() {
    String prefix = "x".repeat(1_000);
    for (int i = 0; i < 10_000; i++) {
      (i % 2 == 0 ? bob : new ReadGrants(table)).granted(key(prefix + i), 0);
    }
    assertThat(table.bytes()).isBetween(GrantTable.MOST_BYTES / 2L, (long) GrantTable.MOST_BYTES);
    assertThat(bob.allow(key(prefix + 9_998), 0)).isTrue();
    assertThat(bob.allow(key(prefix + 0), 0)).isFalse();
  }

  @Test
  void sameGrantAgainAndAgain_takesNoMore() {
    bob.granted(key("k"), 0);
    long once = table.bytes();
    for (int i = 0; i < 100; i++) {
      bob.granted(key("k"), i);
    }
    assertThat(table.bytes()).isEqualTo(once);
  }

  @Test
  void expiredGrants_ofAllClients_areForgottenByTheNext() {
    for (int i = 0; i < 100; i++) {
      bob.granted(key("k" + i), i);
    }
    eve.granted(key("k"), 50 + TTL_NS);
    assertThat(table.size()).isEqualTo(51);
    eve.granted(key("late"), 10 * TTL_NS);
    assertThat(table.size()).isEqualTo(1);
  }
}
