package dev.nearside.proxy.tier.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.telemetry.Breach;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LinkCheckTest {
  private static final Duration TTL = Duration.ofSeconds(5);

  private final OwnPermission own = new OwnPermission(TTL);
  private final AtomicInteger emptied = new AtomicInteger();
  private final List<Breach> breaches = new ArrayList<>();
  private final AtomicLong ownFlushes = new AtomicLong();
  private final AtomicLong now = new AtomicLong();

  private static Told told(Object... values) {
    return Told.of(Arrays.asList(values), null, 0);
  }

  private static Told error(String text) {
    return Told.of(null, text, 0);
  }

  @Test
  void role_demotedOrOfAnotherPrimary_isAFault() {
    RoleCheck primary = new RoleCheck(false);
    assertThat(primary.answered(told("master", 3129659L, List.of()))).isNull();
    assertThat(primary.answered(told("master", 3129999L, List.of("a replica")))).isNull();
    assertThat(primary.answered(told("slave", "h", 1L, "connect", 1L))).contains("master", "h:1");
    RoleCheck replica = new RoleCheck(false);
    assertThat(replica.answered(told("slave", "h", 1L, "connected", 5L))).isNull();
    assertThat(replica.answered(told("slave", "h", 1L, "sync", 9L))).isNull();
    assertThat(replica.answered(told("slave", "other", 1L, "sync", 9L))).isNotNull();
  }

  @Test
  void tracking_asAsked_isNone() {
    TrackingCheck check = new TrackingCheck();
    assertThat(check.answered(info(0, List.of(), "on"))).isNull();
    assertThat(check.answered(info(0, List.of(), "on", "a-later-flag"))).isNull();
    assertThat(check.answered(info(-1, List.of(), "on"))).isNull();
  }

  @Test
  void tracking_offOrInAnotherMode_isAFault() {
    TrackingCheck check = new TrackingCheck();
    assertThat(check.answered(info(-1, List.of(), "off"))).isNotNull();
    assertThat(check.answered(info(7, List.of(), "on"))).isNotNull();
    assertThat(check.answered(info(0, List.of("a"), "on"))).isNotNull();
    for (String mode : List.of("bcast", "noloop", "optin", "optout", "broken_redirect")) {
      assertThat(check.answered(info(0, List.of(), "on", mode))).as(mode).contains(mode);
    }
    assertThat(check.answered(told())).isNotNull();
  }

  private static Told info(long redirect, List<String> prefixes, String... flags) {
    List<byte[]> bytes =
        Arrays.stream(flags).map(flag -> flag.getBytes(StandardCharsets.UTF_8)).toList();
    return told("flags", bytes, "redirect", redirect, "prefixes", prefixes);
  }

  @Test
  void permission_asksWhoItIsThenWhatThatMay() {
    PermissionCheck check = check();
    assertThat(check.question()).containsExactly("ACL", "WHOAMI");
    assertThat(check.answered(told("app"))).isNull();
    assertThat(check.asksTwice()).isTrue();
    assertThat(check.question()).containsExactly("ACL", "GETUSER", "app");
    assertThat(own.isKnown()).isFalse();
    assertThat(check.answered(told("commands", "+@all"))).isNull();
    assertThat(own.isKnown()).isTrue();
    assertThat(check.answered(told("commands", "+@all"))).isNull();
    assertThat(check.answered(told("commands", "+@all -get"))).contains("app", "changed");
  }

  @Test
  void permission_refusedAtOpening_isNoFaultButNotKnown() {
    PermissionCheck check = check();
    check.answered(told("app"));
    assertThat(check.refused(error("NOPERM no"))).isNull();
    assertThat(own.isKnown()).isFalse();
    assertThat(check.overdue(Long.MAX_VALUE / 2)).isNull();
  }

  @Test
  void permission_refusedLater_isAFault() {
    PermissionCheck check = check();
    check.answered(told("app"));
    check.answered(told("commands", "+@all"));
    assertThat(check.refused(error("NOPERM no"))).isNotNull();
  }

  @Test
  void permission_notConfirmedInTime_isOverdue() {
    PermissionCheck check = check();
    check.answered(told("app"));
    check.answered(told("commands", "+@all"));
    assertThat(check.overdue(TTL.toNanos())).isNull();
    assertThat(check.overdue(TTL.toNanos() + 1)).isNotNull();
  }

  @Test
  void permission_withoutAcl_limitsNothing() {
    PermissionCheck check = check();
    check.refused(error("ERR unknown command `ACL`, with args beginning with: `WHOAMI`, "));
    assertThat(own.maxAgeNs()).isEqualTo(Long.MAX_VALUE);
    assertThat(own.allowsMget()).isFalse();
  }

  @Test
  void swaps_firstAnswerIsTheBase_andEveryOtherNumberEmptiesL1() {
    SwapCheck check = new SwapCheck(emptied::incrementAndGet, breaches::add, ownFlushes::get);
    check.answered(calls("cmdstat_get:calls=9,usec=1\r\ncmdstat_swapdb:calls=41,usec=7\r\n"));
    check.answered(calls("cmdstat_get:calls=12,usec=1\r\ncmdstat_swapdb:calls=41,usec=7\r\n"));
    assertThat(emptied).hasValue(0);
    check.answered(calls("cmdstat_swapdb:calls=42,usec=9\r\n"));
    assertThat(emptied).hasValue(1);
    assertThat(breaches).containsExactly(Breach.SWAPDB);
    check.answered(calls("cmdstat_swapdb:calls=42,usec=9\r\n"));
    assertThat(emptied).hasValue(1);
  }

  @Test
  void swaps_numberThatWasReset_emptiesL1AndIsNoBreach() {
    SwapCheck check = new SwapCheck(emptied::incrementAndGet, breaches::add, ownFlushes::get);
    check.answered(calls("cmdstat_swapdb:calls=5,usec=7\r\n"));
    check.answered(calls("cmdstat_config|resetstat:calls=1,usec=7\r\n"));
    assertThat(emptied).hasValue(1);
    assertThat(breaches).isEmpty();
    check.answered(calls("cmdstat_swapdb:calls=1,usec=7\r\n"));
    assertThat(emptied).hasValue(2);
    assertThat(breaches).containsExactly(Breach.SWAPDB);
  }

  @Test
  void swaps_ownOne_emptiesL1AndIsNoBreach() {
    SwapCheck check = new SwapCheck(emptied::incrementAndGet, breaches::add, ownFlushes::get);
    check.answered(calls(""));
    ownFlushes.set(2);
    check.answered(calls("cmdstat_swapdb:calls=1,usec=7\r\n"));
    assertThat(emptied).hasValue(1);
    assertThat(breaches).isEmpty();
    check.answered(calls("cmdstat_swapdb:calls=2,usec=7\r\n"));
    assertThat(breaches).containsExactly(Breach.SWAPDB);
  }

  private static Told calls(String info) {
    return told(info);
  }

  @Test
  void serverClock_goesAsOurs_howeverLateAnAnswer_isNoStep() {
    ServerClockCheck check =
        new ServerClockCheck(emptied::incrementAndGet, breaches::add, now::get);
    time(check, 100, 0, 0, 1);
    time(check, 101, 40_000, 1_000, 1_001);
    time(check, 103, 0, 2_000, 9_000);
    time(check, 110, 0, 9_500, 10_000);
    assertThat(emptied).hasValue(0);
  }

  @Test
  void serverClock_steps_emptiesL1() {
    ServerClockCheck check =
        new ServerClockCheck(emptied::incrementAndGet, breaches::add, now::get);
    time(check, 100, 0, 0, 1);
    time(check, 101, 100_000, 1_000, 1_001);
    assertThat(breaches).containsExactly(Breach.SERVER_CLOCK);
    time(check, 102, 100_000, 2_000, 2_001);
    assertThat(emptied).hasValue(1);
    time(check, 103, 0, 3_000, 3_001);
    assertThat(emptied).hasValue(2);
    assertThat(breaches).hasSize(2);
  }

  private void time(ServerClockCheck check, long sec, long usec, long sentMs, long answeredMs) {
    now.set(answeredMs * 1_000_000);
    List<?> reply = List.of(bytes(String.valueOf(sec)), bytes(String.valueOf(usec)));
    assertThat(check.answered(Told.of(reply, null, sentMs * 1_000_000))).isNull();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private PermissionCheck check() {
    return new PermissionCheck(own, TTL);
  }
}
