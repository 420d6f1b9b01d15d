package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.nearside.proxy.scene.SharedTwins;
import dev.nearside.proxy.scene.Twins.Pair;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands that wait: for lists, sorted sets and streams, with consumer groups. */
class BlockingParityIT {
  @RegisterExtension private static final SharedTwins twins = new SharedTwins();

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "BLPOP q r 0; RPUSH r job",
        "BRPOP q r 0; LPUSH q a b",
        "BRPOPLPUSH q r 0; RPUSH q job",
        "BLMOVE q r RIGHT LEFT 0; RPUSH q a b",
        "BLMPOP 0 2 q r LEFT COUNT 5; RPUSH r a b c",
        "BZPOPMIN z y 0; ZADD y 1 a",
        "BZPOPMAX z y 0; ZADD z 1 a 2 b",
        "BZMPOP 0 2 z y MAX COUNT 5; ZADD y 1 a 2 b",
        "XREAD BLOCK 0 STREAMS st $; XADD st 5-1 f v",
        "XREAD BLOCK 0 COUNT 1 STREAMS st st2 $ 0; XADD st2 5-1 f v",
        "XREADGROUP GROUP g me BLOCK 0 STREAMS grouped >; XADD grouped 5-1 f v",
        "BLPOP q 0; EVAL redis.call('RPUSH','q','x') 0",
        "BLPOP q 0; RENAME full q",
        "BLPOP q 0; COPY full q",
        "BLPOP q 0; SORT full STORE q",
        "BLPOP q 0; LMOVE full q LEFT LEFT",
        "BLPOP q 0; SWAPDB 0 9",
        "BRPOPLPUSH q str 0; RPUSH q job",
        "XREADGROUP GROUP g me BLOCK 0 STREAMS grouped >; XGROUP DESTROY grouped g"
      })
  void blocked_untilThereIsSomething_getsIt(String wait, String feed) throws IOException {
    assumeThat(twins.knows(wait.substring(0, wait.indexOf(' ')))).isTrue();
    waitAndFeed(wait, feed);
  }

  /** A 7.0 and later wakes up who waits for a group that is gone. */
  @ParameterizedTest
  @ValueSource(strings = {"DEL grouped", "SET grouped x", "FLUSHALL"})
  void blockedForAGroup_thatGoes_isTold(String end) throws IOException {
    assumeThat(twins.knows("SPUBLISH")).as("a Redis 7").isTrue();
    waitAndFeed("XREADGROUP GROUP g me BLOCK 0 STREAMS grouped >", end);
  }

  private static void waitAndFeed(String wait, String feed) throws IOException {
    for (String protocol : new String[] {"2", "3"}) {
      twins.flush();
      try (Pair waiter = twins.connect();
          Pair feeder = twins.connect()) {
        waiter.send("HELLO", protocol).reply(Masks::hello);
        feeder.call("RPUSH", "full", "1", "2");
        feeder.call("SET", "str", "x");
        feeder.call("XGROUP", "CREATE", "grouped", "g", "$", "MKSTREAM");
        feeder.send("SELECT", "9").send("RPUSH", "q", "from 9").send("SELECT", "0").replies(3);
        waiter.send(wait.split(" ", -1)).send("PING");
        twins.awaitBlocked(1);
        feeder.call(feed.split(" ", -1));
        waiter.replies(2);
        feeder.send("LRANGE", "q", "0", "-1").send("LRANGE", "r", "0", "-1").replies(2);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "BLPOP q 0",
        "BLMOVE q r LEFT LEFT 0",
        "BZPOPMIN z 0",
        "BLMPOP 0 1 q LEFT",
        "XREAD BLOCK 0 STREAMS st $",
        "WAIT 9 0"
      })
  void clientGone_whileBlocked_isNoLongerBlockedUpstream(String wait) throws IOException {
    assumeThat(twins.knows(wait.substring(0, wait.indexOf(' ')))).isTrue();
    try (Pair feeder = twins.connect()) {
      Pair waiter = twins.connect();
      waiter.send(wait.split(" ", -1));
      twins.awaitBlocked(1);
      waiter.close();
      twins.awaitBlocked(0);
      feeder.call("RPUSH", "q", "kept");
      assertThat(feeder.call("LLEN", "q")).isEqualTo(":1\r\n");
    }
  }

  @Test
  void inputEnded_whileBlocked_isNoLongerBlockedUpstream() throws IOException {
    try (Pair waiter = twins.connect();
        Pair feeder = twins.connect()) {
      waiter.send("BLPOP", "q", "0");
      twins.awaitBlocked(1);
      waiter.shutdownOutput();
      twins.awaitBlocked(0);
      feeder.call("RPUSH", "q", "kept");
      assertThat(feeder.call("LLEN", "q")).isEqualTo(":1\r\n");
      waiter.assertClosed();
    }
  }

  @Test
  void severalWaiters_areServedInTheirOrder() throws IOException {
    try (Pair first = twins.connect();
        Pair second = twins.connect();
        Pair third = twins.connect();
        Pair feeder = twins.connect()) {
      first.send("BLPOP", "q", "0");
      twins.awaitBlocked(1);
      second.send("BRPOP", "q", "0");
      twins.awaitBlocked(2);
      third.send("BLPOP", "q", "0");
      twins.awaitBlocked(3);
      feeder.call("RPUSH", "q", "1", "2", "3");
      first.reply();
      second.reply();
      third.reply();
      assertThat(feeder.call("EXISTS", "q")).isEqualTo(":0\r\n");
    }
  }

  @Test
  void blmoveChain_passesAnElementAlong() throws IOException {
    try (Pair one = twins.connect();
        Pair two = twins.connect();
        Pair end = twins.connect();
        Pair feeder = twins.connect()) {
      one.send("BLMOVE", "a", "b", "LEFT", "RIGHT", "0");
      two.send("BLMOVE", "b", "c", "LEFT", "RIGHT", "0");
      end.send("BLPOP", "c", "0");
      twins.awaitBlocked(3);
      feeder.call("RPUSH", "a", "job");
      one.reply();
      two.reply();
      assertThat(end.reply()).contains("job");
      feeder.call("EXISTS", "a", "b", "c");
    }
  }

  @Test
  void timeOuts_areAnsweredInTheirProtocol() throws IOException {
    for (String protocol : new String[] {"2", "3"}) {
      try (Pair pair = twins.connect()) {
        pair.send("HELLO", protocol).reply(Masks::hello);
        pair.call("XGROUP", "CREATE", "st" + protocol, "g", "$", "MKSTREAM");
        for (String wait :
            new String[] {
              "BLPOP q 0.01",
              "BRPOP q 0.01",
              "BRPOPLPUSH q r 0.01",
              "BLMOVE q r LEFT LEFT 0.01",
              "BLMPOP 0.01 1 q LEFT",
              "BZPOPMIN z 0.01",
              "BZPOPMAX z 0.01",
              "BZMPOP 0.01 1 z MIN",
              "XREAD BLOCK 10 STREAMS st $",
              "XREADGROUP GROUP g me BLOCK 10 STREAMS st" + protocol + " >",
              "WAIT 5 10",
              "BLPOP q nan",
              "BLPOP q 99999999999999999999",
              "XREAD BLOCK -1 STREAMS st $"
            }) {
          pair.send(wait.split(" ", -1)).send("PING").replies(2);
        }
      }
    }
  }

  @Test
  void popped_thenRead_showsWhatTheProducerWroteBefore() throws IOException {
    try (Pair worker = twins.connect();
        Pair producer = twins.connectElsewhere();
        Pair reader = twins.connect()) {
      for (int round = 0; round < 30; round++) {
        reader.call("GET", "job");
        worker.send("BLPOP", "q", "0");
        twins.awaitBlocked(1);
        producer.send("SET", "job", "v" + round).send("RPUSH", "q", "job").replies(2);
        worker.reply();
        assertThat(worker.call("GET", "job")).contains("v" + round);
      }
    }
  }

  @Test
  void consumerGroup_pendingClaimedAndAcknowledged() throws IOException {
    try (Pair one = twins.connect();
        Pair two = twins.connect()) {
      one.call("XGROUP", "CREATE", "st", "g", "0", "MKSTREAM");
      for (int i = 1; i <= 6; i++) {
        one.call("XADD", "st", i + "-0", "n", Integer.toString(i));
      }
      one.call("XREADGROUP", "GROUP", "g", "one", "COUNT", "4", "STREAMS", "st", ">");
      two.call("XREADGROUP", "GROUP", "g", "two", "COUNT", "1", "NOACK", "STREAMS", "st", ">");
      two.call("XPENDING", "st", "g");
      two.call("XAUTOCLAIM", "st", "g", "two", "0", "0", "COUNT", "2");
      two.call("XAUTOCLAIM", "st", "g", "two", "0", "3-0", "JUSTID");
      one.call("XDEL", "st", "1-0");
      two.call("XAUTOCLAIM", "st", "g", "one", "0", "0");
      two.call("XCLAIM", "st", "g", "two", "0", "2-0", "JUSTID");
      two.call("XACK", "st", "g", "2-0", "3-0", "9-9");
      two.call("XREADGROUP", "GROUP", "g", "one", "STREAMS", "st", "0");
      one.call("XREADGROUP", "GROUP", "none", "x", "STREAMS", "st", ">");
      one.call("XINFO", "GROUPS", "st");
      one.call("XGROUP", "DELCONSUMER", "st", "g", "one");
    }
  }
}
