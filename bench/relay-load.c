// Load for a UDP relay, one thread that polls: paced sender and receiver in one, figures as JSON on stdout. Linux.
// relay-load TARGET_PORT RECEIVE_PORT FLOWS PACKETS_A_SECOND SECONDS BYTES
// Flow i sends from 127.1.x.y:RECEIVE_PORT+1 to the target on 127.0.0.1 and expects its packets at 127.2.x.y:RECEIVE_PORT (all of them
// on one socket each). stdin: nothing for a relay that just forwards; else two lines for each flow, of sender and
// receiver: SSRC (decimal), and a STUN binding request (space, hex) unless that address is bound already. Every request
// must be answered before the load starts.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 32
#define MAX_FLOWS 4096
#define MAX_BYTES 2048
#define RTP_HEADER 12
#define BUCKETS 4000000 // of 100 ns: up to 400 ms

typedef struct {
  uint64_t number; // 0: warm-up, not counted
  uint64_t sent_ns;
} Mark;

typedef union {
  char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
  struct cmsghdr align;
} Control;

static uint32_t *histogram, ssrcs[MAX_FLOWS];
static uint16_t sequences[MAX_FLOWS];

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int open_socket(int port) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 8 << 20;
  if (fd < 0) fail("socket");
  // Beyond the system's limit where we may.
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size)) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size)) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
  if (bind(fd, (void *)&any, sizeof any)) fail("bind");
  return fd;
}

static void set_source(struct msghdr *message, Control *control, int network, int flow) {
  message->msg_control = control->bytes;
  message->msg_controllen = sizeof control->bytes;
  struct cmsghdr *head = CMSG_FIRSTHDR(message);
  head->cmsg_level = IPPROTO_IP;
  head->cmsg_type = IP_PKTINFO;
  head->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
  struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(0x7f000001u + ((uint32_t)network << 16) + flow)};
  memcpy(CMSG_DATA(head), &info, sizeof info);
}

// Sends the binding requests, each until it is answered.
static int bind_tickets(int sender, int receiver, struct sockaddr_in *target, int flows) {
  char line[4096];
  for (int i = 0; i < 2 * flows; i++) {
    if (!fgets(line, sizeof line, stdin)) return i == 0 ? 0 : -1;
    int at = 0, length = 0;
    uint32_t ssrc;
    if (sscanf(line, "%u %n", &ssrc, &at) < 1) return -1;
    static uint8_t request[1024], answer[2048];
    unsigned byte;
    while (length < (int)sizeof request && sscanf(line + at + 2 * length, "%2x", &byte) == 1) request[length++] = byte;
    if (i % 2 == 0) ssrcs[i / 2] = ssrc;
    int fd = i % 2 == 0 ? sender : receiver, answered = length == 0;
    for (int tries = 0; tries < 20 && !answered; tries++) {
      Control control = {0};
      struct iovec part = {request, length};
      struct msghdr message = {.msg_name = target, .msg_namelen = sizeof *target, .msg_iov = &part, .msg_iovlen = 1};
      set_source(&message, &control, 1 + i % 2, i / 2);
      if (sendmsg(fd, &message, 0) < 0) fail("sendmsg");
      for (uint64_t end = now_ns() + 100000000ull; now_ns() < end && !answered;) {
        int n = recv(fd, answer, sizeof answer, MSG_DONTWAIT);
        answered = n >= 20 && answer[0] == 1 && answer[1] == 1 && !memcmp(answer + 8, request + 8, 12);
      }
    }
    if (!answered) return -1;
  }
  return 0;
}

static double quantile_us(double share, uint64_t count) {
  uint64_t below = 0, wanted = (uint64_t)(share * count);
  for (int i = 0; i < BUCKETS; i++) {
    below += histogram[i];
    if (below > wanted) return i / 10.0;
  }
  return -1;
}

static void stamp(uint8_t *packet, int flow, uint64_t number) {
  uint16_t sequence = htons(sequences[flow]++);
  uint32_t ssrc = htonl(ssrcs[flow]);
  Mark mark = {number, now_ns()};
  packet[0] = 0x80;
  packet[1] = 26;
  memcpy(packet + 2, &sequence, 2);
  memcpy(packet + 8, &ssrc, 4);
  memcpy(packet + RTP_HEADER, &mark, sizeof mark);
}

int main(int count, char **words) {
  if (count < 7) return 2;
  int target_port = atoi(words[1]), receive_port = atoi(words[2]), flows = atoi(words[3]), bytes = atoi(words[6]);
  double rate = atof(words[4]), seconds = atof(words[5]);
  if (flows < 1 || flows > MAX_FLOWS || bytes > MAX_BYTES || bytes < RTP_HEADER + (int)sizeof(Mark)) return 2;
  struct sockaddr_in target = {.sin_family = AF_INET, .sin_port = htons(target_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int sender = open_socket(receive_port + 1), receiver = open_socket(receive_port);
  histogram = calloc(BUCKETS, sizeof *histogram);
  if (!histogram) fail("calloc");
  if (bind_tickets(sender, receiver, &target, flows)) {
    fprintf(stderr, "a binding request was not answered\n");
    return 3;
  }
  static uint8_t out[BATCH][MAX_BYTES], in[BATCH][MAX_BYTES];
  static Control controls[BATCH];
  static struct iovec out_parts[BATCH], in_parts[BATCH];
  static struct mmsghdr outgoing[BATCH], incoming[BATCH];
  for (int i = 0; i < BATCH; i++) {
    memset(out[i], 'm', bytes);
    out_parts[i] = (struct iovec){out[i], bytes};
    outgoing[i].msg_hdr = (struct msghdr){.msg_name = &target, .msg_namelen = sizeof target, .msg_iov = &out_parts[i], .msg_iovlen = 1};
    in_parts[i] = (struct iovec){in[i], MAX_BYTES};
    incoming[i].msg_hdr = (struct msghdr){.msg_iov = &in_parts[i], .msg_iovlen = 1};
  }
  for (int i = 0; i < 200; i++) {
    stamp(out[0], i % flows, 0);
    set_source(&outgoing[0].msg_hdr, &controls[0], 1, i % flows);
    sendmsg(sender, &outgoing[0].msg_hdr, 0);
    usleep(500);
    recv(receiver, in[0], MAX_BYTES, MSG_DONTWAIT);
  }
  uint64_t start = now_ns() + 100000000ull;
  while (now_ns() < start) recv(receiver, in[0], MAX_BYTES, MSG_DONTWAIT);

  uint64_t total = (uint64_t)(rate * seconds), end = start + (uint64_t)(seconds * 1e9);
  uint64_t sent = 0, received = 0, sent_all_at = 0;
  for (;;) {
    uint64_t now = now_ns();
    uint64_t due = (uint64_t)((now - start) * rate / 1e9) + 1;
    if (due > total) due = total;
    if (!sent_all_at && due > sent) {
      int wanted = due - sent > BATCH ? BATCH : (int)(due - sent);
      for (int i = 0; i < wanted; i++) {
        int flow = (sent + i) % flows;
        stamp(out[i], flow, sent + i + 1);
        set_source(&outgoing[i].msg_hdr, &controls[i], 1, flow);
      }
      int done = sendmmsg(sender, outgoing, wanted, 0);
      if (done > 0) sent += done;
      // Whoever cannot keep up stops half a second late and says how much it was.
      if (sent >= total || now > end + 500000000ull) sent_all_at = now_ns();
    }
    int n = recvmmsg(receiver, incoming, BATCH, MSG_DONTWAIT, 0);
    uint64_t at = n > 0 ? now_ns() : 0;
    for (int i = 0; i < n; i++) {
      Mark mark;
      memcpy(&mark, in[i] + RTP_HEADER, sizeof mark);
      if (mark.number == 0 || (int)incoming[i].msg_len != bytes) continue;
      uint64_t bucket = (at - mark.sent_ns) / 100;
      histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
      received++;
    }
    if (sent_all_at && (received >= sent || now > sent_all_at + 400000000ull)) break;
  }
  printf("{\"sent_pps\":%.0f,\"sent\":%lu,\"recv\":%lu,\"p50_us\":%.1f,\"p99_us\":%.1f}\n", sent / ((sent_all_at - start) / 1e9),
         (unsigned long)sent, (unsigned long)received, quantile_us(.5, received), quantile_us(.99, received));
  return 0;
}
