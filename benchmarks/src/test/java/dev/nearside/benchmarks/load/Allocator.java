package dev.nearside.benchmarks.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * A process with two threads named as event loops and one that is not: each number it reads is a
 * size, of which every one of them allocates an array; the answer is the sum of their lengths.
 */
final class Allocator {
  private Allocator() {}

  /** Ends with its standard input. */
  public static void main(String[] args) throws IOException, InterruptedException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    Lane[] lanes = {new Lane("nearside-loop-1-1"), new Lane("nearside-loop-1-2"), new Lane("x")};
    say("ready");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      long made = 0;
      for (Lane lane : lanes) {
        made += lane.allocate(Integer.parseInt(line));
      }
      say(Long.toString(made));
    }
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  /** One thread that allocates on demand, and nothing else while it waits. */
  private static final class Lane {
    private static final int IDLE = -1;

    private int wanted = IDLE;
    private byte[] made = {};

    Lane(String name) {
      Thread.ofPlatform().name(name).daemon().start(this::run);
    }

    synchronized int allocate(int size) throws InterruptedException {
      wanted = size;
      notifyAll();
      while (wanted != IDLE) {
        wait();
      }
      return made.length;
    }

    private synchronized void run() {
      try {
        while (true) {
          while (wanted == IDLE) {
            wait();
          }
          made = new byte[wanted];
          wanted = IDLE;
          notifyAll();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
