package dev.nearside.proxy.command;

import static dev.nearside.proxy.resp.RequestFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.resp.Request;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests whose keys COMMAND GETKEYS tells too are in CommandTableIT. */
class KeyPositionsTest {
  private final CommandTable table = CommandTable.builtIn();

  @ParameterizedTest
  @CsvSource({
    "GET k, 1",
    "PING, ''",
    "GET, ''",
    "MSET a 1 b 2, 1 3",
    "MSET a 1 b, 1 3",
    "BLPOP a b 0, 1 2",
    "SPUBLISH c m, ''",
    "SSUBSCRIBE c, ''",
    "SUNSUBSCRIBE c, ''",
    "SUBSCRIBE c, ''",
    "WATCH a b, 1 2",
    "ZUNION 2 a b WEIGHTS 1 2, 2 3",
    "ZUNIONSTORE d 2 a b, 1 3 4",
    "MSETEX 2 a 1 b 2 NX, 2 4",
    "BLMPOP 0 1 a LEFT, 3",
    "XREAD STREAMS a b 0 0, 2 3",
    "xreadgroup group streams c count 1 noack streams a >, 8",
    "XREADGROUP GROUP g c CLAIM 5 STREAMS a >, 7",
    "SORT k, 1",
    "SORT k BY nosort GET # LIMIT 0 STORE STORE d, 1 10",
    "SORT k LIMIT STORE x STORE d, 1 6",
    "GEORADIUS k 1 1 1 km STORE a STOREDIST b, 1 7 9",
    "GEORADIUSBYMEMBER k STORE 1 km STOREDIST b, 1 6",
    "MIGRATE h 1 k 0 1, 3",
    "MIGRATE h 1 \"\" 0 1 COPY AUTH keys KEYS a b, 10 11",
    "MIGRATE h 1 \"\" 0 1 AUTH2 u keys KEYS a, 10",
    "OBJECT FREQ k, 2",
    "XGROUP CREATE k g 0, 2",
    "MEMORY USAGE k, 2",
    "HEXPIRE k 1 FIELDS 1 f, 1"
  })
  void forEachKey_allKnown(String line, String expected) {
    List<Integer> keys = new ArrayList<>();
    assertThat(visit(line, keys)).isTrue();
    assertThat(keys).isEqualTo(positions(expected));
  }

  @ParameterizedTest
  @CsvSource({
    "EVAL s 2 a b c, 3 4",
    "FCALL_RO f 0 x, ''",
    "EVAL s, ''",
    "EVAL s -1 a, ''",
    "EVAL s 3 a b, ''",
    "EVAL s 99999999999 a, ''",
    "EVAL s 999999999 a, ''",
    "EVAL s \"\" a, ''",
    "EVAL s 1x a, ''",
    "ZUNION, ''",
    "ZUNION 2 a, ''",
    "ZUNIONSTORE d, 1",
    "ZUNIONSTORE, ''",
    "ZUNIONSTORE d x a, 1",
    "MSETEX 2 a 1 b, ''",
    "MSETEX 999999999 a 1 b, ''",
    "XREAD COUNT 1, ''",
    "XREAD STREAMS, ''",
    "XREAD STREAMS a b 0, 2",
    "XREAD FOO STREAMS a 0, ''",
    "SORT, ''",
    "SORT k BY w_* STORE d, 1 5",
    "SORT_RO k GET o_*, 1",
    "MIGRATE h 1, ''",
    "MIGRATE h 1 \"\" 0 1 COPY, ''",
    "MIGRATE h 1 \"\" 0 1 KEYS, ''",
    "SCAN 0, ''",
    "RANDOMKEY, ''",
    "NO.SUCH a, ''"
  })
  void forEachKey_perhapsOthers(String line, String expected) {
    List<Integer> keys = new ArrayList<>();
    assertThat(visit(line, keys)).isFalse();
    assertThat(keys).isEqualTo(positions(expected));
  }

  @Test
  void forEachKey_ofAStepBeyondAllArguments_isTheFirstOnly() {
    Object row = List.of("far", -2, List.of("write"), 1, -1, Integer.MAX_VALUE);
    Request request = request("FAR a b c");
    List<Integer> keys = new ArrayList<>();
    KeyPositions.forEachKey(CommandTable.of(List.of(row)).find(request), request, keys::add);
    assertThat(keys).containsExactly(1);
  }

  private boolean visit(String line, List<Integer> keys) {
    Request request = request(line);
    return KeyPositions.forEachKey(table.find(request), request, keys::add);
  }

  private static List<Integer> positions(String text) {
    return text.isEmpty()
        ? List.of()
        : List.of(text.split(" ", -1)).stream().map(Integer::valueOf).toList();
  }
}
