package dev.nearside.proxy.security;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.scene.Authority;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users and passwords change at Redis and in the files; the sidecar follows without a restart. */
class CredentialRotationIT {
  private static final String HITS = "nearside_hits_total{tier=\"l1\",namespace=\"none\"}";

  @AutoClose private final RedisServer redis = RedisServer.start();

  @TempDir Path folder;

  private Path user;
  private Path password;
  private RespClient admin;

  @BeforeEach
  void makeUser() throws IOException {
    user = Files.writeString(folder.resolve("user"), "app\n");
    password = Files.writeString(folder.resolve("password"), "first\n");
    admin = RespClient.connect(redis.port());
    admin.call("ACL", "SETUSER", "app", "on", ">first", "~*", "&*", "+@all");
    admin.call("ACL", "SETUSER", "default", "resetpass", ">administrator");
  }

  @AfterEach
  void closeAdmin() throws Exception {
    admin.close();
  }

  private Sidecar start() throws IOException {
    return Sidecar.inFrontOf(
            redis.port(),
            "upstream.user-file=" + user,
            "upstream.password-file=" + password,
            "l1.admission-window=0s")
        .awaitReady();
  }

  private void write(Path file, String content) throws IOException {
    Authority.replace(file, Files.writeString(folder.resolve("next"), content));
  }

  /** Ends every connection but the administrator's: what serves next was authenticated anew. */
  private void disconnect() throws IOException {
    assertThat(admin.call("CLIENT", "KILL", "SKIPME", "yes", "USER", "app")).startsWith(":");
  }

  private void assertServes(Sidecar sidecar) throws IOException {
    Waiting.until(
        "writes and local reads are served",
        () -> {
          double before = sidecar.metric(HITS);
          try (RespClient client = sidecar.connect()) {
            return client.call("SET", "k", "v").equals("+OK\r\n")
                && client.call("GET", "k").equals("$1\r\nv\r\n")
                && client.call("GET", "k").equals("$1\r\nv\r\n")
                && sidecar.metric(HITS) > before;
          }
        });
  }

  @Test
  void password_changedInBothPlaces_isUsedByNewConnections() throws IOException {
    try (Sidecar sidecar = start()) {
      assertServes(sidecar);
      admin.call("ACL", "SETUSER", "app", "<first", ">second");
      write(password, "second\n");
      disconnect();
      assertServes(sidecar);
    }
  }

  @Test
  void password_changedAtRedisFirst_isRecoveredFromWhenTheFileFollows() throws IOException {
    try (Sidecar sidecar = start()) {
      assertServes(sidecar);
      admin.call("ACL", "SETUSER", "app", "<first", ">second");
      disconnect();
      Waiting.until(
          "Redis has refused it", () -> sidecar.get("/readyz").body().contains("WRONGPASS"));
      write(password, "second\n");
      assertServes(sidecar);
    }
  }

  @Test
  void user_replacedByAnother_isFollowed_beforeTheOldOneGoes() throws IOException {
    try (Sidecar sidecar = start()) {
      assertServes(sidecar);
      admin.call("ACL", "SETUSER", "next", "on", ">second", "~*", "&*", "+@all");
      write(user, "next\n");
      write(password, "second\n");
      Waiting.until(
          "nothing of the old user's is connected",
          () -> {
            try (RespClient client = sidecar.connect()) {
              client.call("INCR", "n");
            }
            return !admin.call("CLIENT", "LIST").contains("user=app");
          });
      admin.call("ACL", "DELUSER", "app");
      assertServes(sidecar);
    }
  }

  @Test
  void clientThatSaidTheOldUser_isClosed_andNotTakenForTheNewOne() throws IOException {
    try (Sidecar sidecar = start();
        RespClient said = sidecar.connect();
        RespClient silent = sidecar.connect()) {
      assertThat(said.call("AUTH", "app", "first")).isEqualTo("+OK\r\n");
      admin.call("ACL", "SETUSER", "next", "on", ">second", "~*", "&*", "+@all");
      write(password, "second\n");
      write(user, "next\n");
      assertThat(said.rest()).isEmpty();
      Waiting.until("others are the new one", () -> silent.call("ACL", "WHOAMI").contains("next"));
    }
  }
}
