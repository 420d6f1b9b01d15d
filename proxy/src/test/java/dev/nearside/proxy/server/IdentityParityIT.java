package dev.nearside.proxy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SharedTwins;
import dev.nearside.proxy.scene.Twins;
import dev.nearside.proxy.scene.Twins.Pair;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who a client is, and what it may therefore do. */
class IdentityParityIT {
  @RegisterExtension private static final SharedTwins twins = new SharedTwins();

  @BeforeAll
  static void prepare() throws IOException {
    try (Pair admin = twins.connect()) {
      admin.call(
          "ACL", "SETUSER", "bob", "on", ">pw", "~b*", "resetchannels", "&b*", "+@all", "-incr");
      admin.call("ACL", "SETUSER", "carol", "on", ">pw2", ">pw3", "~c*", "&*", "+get", "+auth");
      admin.call("ACL", "SETUSER", "off", "off", ">pw");
      admin.call("ACL", "SETUSER", "free", "on", "nopass", "~*", "+@all");
    }
  }

  @BeforeEach
  void warm() throws IOException {
    try (Pair pair = twins.connect()) {
      for (String key : new String[] {"b1", "c1", "secret"}) {
        pair.call("SET", key, "value of " + key);
        pair.send("GET", key).send("GET", key).send("GET", key).replies(3);
      }
      pair.call("ACL", "LOG", "RESET");
    }
  }

  private static void lookAround(Pair pair) throws IOException {
    pair.call("ACL", "WHOAMI");
    pair.call("CLIENT", "GETNAME");
    for (String key : new String[] {"b1", "c1", "secret", "none"}) {
      pair.call("GET", key);
      pair.call("MGET", "b1", key);
    }
    pair.call("SET", "b2", "x");
    pair.call("INCR", "b3");
    pair.call("PUBLISH", "z", "x");
    pair.call("EVAL", "return redis.call('GET', 'secret')", "0");
  }

  @Test
  void auth_asSeveralUsersInSequence_isEachOfThem() throws IOException {
    try (Pair pair = twins.connect()) {
      lookAround(pair);
      for (String user : new String[] {"bob pw", "carol pw3", "free any", "bob pw", "carol pw2"}) {
        String[] words = user.split(" ", -1);
        assertThat(pair.call("AUTH", words[0], words[1])).isEqualTo("+OK\r\n");
        lookAround(pair);
        pair.call("AUTH", "bob", "wrong");
        pair.call("AUTH", "off", "pw");
        pair.call("AUTH", "nobody", "pw");
        lookAround(pair);
      }
      pair.call("AUTH", "bob", "pw");
      pair.call("RESET");
      lookAround(pair);
    }
  }

  @Test
  void auth_inAPipeline_countsFromThereOn() throws IOException {
    try (Pair pair = twins.connect()) {
      for (int round = 0; round < 3; round++) {
        pair.send("GET", "secret")
            .send("AUTH", "bob", "pw")
            .send("GET", "secret")
            .send("GET", "b1");
        pair.send("AUTH", "free", "x").send("GET", "secret").send("AUTH", "x", "y");
        pair.send("GET", "secret").send("RESET").send("GET", "secret").replies(10);
      }
    }
  }

  @Test
  void hello_withAuthAndName_doesAllOrNothing() throws IOException {
    String[] greetings = {
      "HELLO 3 AUTH bob wrong SETNAME x",
      "HELLO 3 AUTH bob pw SETNAME bobby",
      "HELLO 2 AUTH carol pw2",
      "HELLO 3 SETNAME again AUTH free x",
      "HELLO 3 AUTH bob",
      "HELLO 3 AUTH off pw",
      "HELLO 5 AUTH bob pw",
      "HELLO 2",
      "HELLO"
    };
    try (Pair pair = twins.connect()) {
      for (String greeting : greetings) {
        pair.send(greeting.split(" ", -1)).reply(Masks::hello);
        pair.call("CLIENT", "GETNAME");
        lookAround(pair);
      }
    }
  }

  @Test
  void hello_firstOfAll_isTheUserFromTheStart() throws IOException {
    for (String protocol : new String[] {"2", "3"}) {
      try (Pair pair = twins.connect()) {
        pair.send("HELLO", protocol, "AUTH", "bob", "pw", "SETNAME", "b").send("GET", "secret");
        pair.send("GET", "b1").reply(Masks::hello);
        pair.replies(2);
        lookAround(pair);
      }
    }
  }

  @Test
  void acl_changedWhileConnected_countsAtOnce() throws IOException {
    try (Pair admin = twins.connect();
        Pair pair = twins.connect()) {
      admin.call("ACL", "SETUSER", "dave", "on", ">pw", "~*", "+@all");
      pair.call("AUTH", "dave", "pw");
      lookAround(pair);
      admin.call("ACL", "SETUSER", "dave", "resetkeys", "~b*");
      lookAround(pair);
      admin.call("ACL", "SETUSER", "dave", "-get");
      lookAround(pair);
      admin.call("ACL", "GETUSER", "dave");
      admin.call("ACL", "DRYRUN", "dave", "GET", "b1");
      admin.call("ACL", "DELUSER", "dave");
      pair.assertClosed();
    }
  }

  @Test
  void acl_refusals_areLogged() throws IOException {
    try (Pair admin = twins.connect();
        Pair pair = twins.connect()) {
      pair.call("AUTH", "bob", "wrong");
      pair.call("AUTH", "bob", "pw");
      pair.call("GET", "secret");
      pair.call("INCR", "b1");
      pair.call("SUBSCRIBE", "zzz");
      admin.send("ACL", "LOG", "1").reply(IdentityParityIT::logged);
      admin.send("ACL", "LOG").reply(IdentityParityIT::logged);
      admin.call("ACL", "LOG", "RESET");
      admin.call("ACL", "LOG");
    }
  }

  private static String logged(String log) {
    return log.replaceAll("client-info\r\n\\$\\d+\r\n[^\r]*", "client-info")
        .replaceAll("age-seconds\r\n\\$\\d+\r\n[0-9.]+", "age-seconds");
  }

  @Test
  void subscriber_whoLosesTheChannel_isClosed() throws IOException {
    try (Pair admin = twins.connect();
        Pair pair = twins.connect()) {
      admin.call("ACL", "SETUSER", "eve", "on", ">pw", "~*", "resetchannels", "&news", "+@all");
      pair.call("AUTH", "eve", "pw");
      pair.call("SUBSCRIBE", "other");
      pair.call("SUBSCRIBE", "news");
      admin.call("PUBLISH", "news", "hi");
      pair.reply();
      admin.call("ACL", "SETUSER", "eve", "resetchannels");
      pair.assertClosed();
    }
  }

  @Test
  void defaultUser_restricted_isRefusedAsDirectly() throws IOException {
    try (Twins own = Twins.start();
        Pair admin = own.connectElsewhere();
        Pair pair = own.connect()) {
      pair.call("SET", "k", "1");
      pair.send("GET", "k").send("GET", "k").replies(2);
      admin.call("ACL", "SETUSER", "default", "-set", "-del");
      pair.call("SET", "k", "2");
      pair.call("DEL", "k");
      pair.call("GET", "k");
      pair.send("MULTI").send("SET", "k", "3").send("EXEC").replies(3);
      pair.call("GET", "k");
    }
  }

  @Test
  void requirepass_setAtRunTime_leavesThoseWhoAreInAlone() throws IOException {
    try (Twins own = Twins.start();
        Pair pair = own.connect()) {
      pair.call("SET", "k", "1");
      pair.call("AUTH", "any");
      pair.call("CONFIG", "GET", "requirepass");
      pair.call("CONFIG", "SET", "requirepass", "pw");
      pair.call("CONFIG", "GET", "requirepass");
      pair.call("GET", "k");
      pair.call("SET", "k", "2");
      pair.call("AUTH", "wrong");
      pair.call("GET", "k");
      pair.call("AUTH", "pw");
      pair.call("GET", "k");
      pair.call("CONFIG", "SET", "requirepass", "");
      Waiting.until(
          "a new client is let in",
          () -> {
            try (Pair fresh = own.connect()) {
              return fresh.ask("GET", "k").bothSay("2");
            }
          });
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "MULTI;AUTH bob pw;EXEC;SELECT 0",
        "HELLO 2 AUTH bob pw FOO",
        "HELLO 2 AUTH bob pw AUTH bob wrong",
        "HELLO 2 AUTH bob pw SETNAME ok AUTH bob wrong",
        "HELLO 3 SETNAME nm AUTH bob wrong",
        "HELLO 2 AUTH bob pw SETNAME",
        "HELLO 2 SETNAME LONG AUTH bob pw",
      })
  void user_changedBySomethingUnusual_isChanged(String script) throws IOException {
    try (Pair pair = twins.connect()) {
      lookAround(pair);
      for (String request : script.split(";", -1)) {
        String whole = request.replace("LONG", "x".repeat(70_000));
        pair.send(whole.split(" ", -1)).reply(Masks::hello);
      }
      lookAround(pair);
      awaitLinger();
      lookAround(pair);
    }
  }

  /** Waits until whoever can be unpinned is. */
  private static void awaitLinger() throws IOException {
    try (Pair last = twins.connect()) {
      last.call("CLIENT", "GETNAME");
      double pinned = pinned();
      Waiting.until("it is no longer pinned", () -> pinned() < pinned);
    }
  }

  private static double pinned() throws IOException {
    return twins.sidecar().metric("nearside_upstream_connections{kind=\"pinned\"}");
  }

  @Test
  void switchOfL1_isForTheSidecarsOwnUser() throws IOException {
    try (RespClient client = twins.sidecar().connect()) {
      client.call("AUTH", "bob", "pw");
      assertThat(client.call("NEARSIDE.L1", "OFF")).startsWith("-NOPERM ");
      assertThat(client.call("NEARSIDE.L1")).isEqualTo("$2\r\non\r\n");
    }
  }
}
