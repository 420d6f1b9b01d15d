package dev.nearside.proxy.parity;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@link Shape#UNIX}; the folder is for both sockets. */
record UnixUpstream(Path folder, RedisServer redis) implements Upstream {
  static UnixUpstream start(RedisProgram program, String... serverArgs) throws IOException {
    Path folder = Files.createTempDirectory("nearside-parity");
    List<String> args = new ArrayList<>(List.of(serverArgs));
    args.addAll(List.of("--unixsocket", redisSocket(folder).toString()));
    return new UnixUpstream(folder, RedisServer.start(program, args.toArray(String[]::new)));
  }

  private static Path redisSocket(Path folder) {
    return folder.resolve("redis.sock");
  }

  private Path ownSocket() {
    return folder.resolve("nearside.sock");
  }

  @Override
  public List<String> settings() {
    return List.of("upstream.uri=unix://" + redisSocket(folder), "listen=unix:" + ownSocket());
  }

  @Override
  public RespClient connect(Sidecar sidecar) throws IOException {
    return RespClient.connect(ownSocket());
  }

  @Override
  public List<Integer> ports() {
    return List.of(redis.port());
  }

  @Override
  public void close() throws IOException {
    redis.close();
    Files.delete(folder); // both sockets are gone with who listened
  }
}
