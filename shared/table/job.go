package table

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/loket-desk/loket/shared/desk"
)

// A job's item holds the job as JSON (d) and v; while it runs it is marked as work, anew after each step, so that the
// stream hands the next one on.
func (t *Table) jobIn(j desk.Job) types.TransactWriteItem {
	it := jobKey(j.ID).item()
	it["d"], it["v"] = doc(j), num(j.Version+1)
	if j.State == desk.JobRunning {
		it["q"], it["g3"], it["h3"] = str(workName(desk.WorkJob, j.Version+1)), str(workShard), moment(t.now().Add(sweepAfter))
	}
	if j.Version == 0 {
		return t.putIn(it, "attribute_not_exists(pk)", nil)
	}
	return t.putIn(it, "v = :v", item{":v": num(j.Version)})
}

// Job reads background work strongly. NotFound when there is none.
func (t *Table) Job(ctx context.Context, id string) (desk.Job, error) {
	it, err := t.mustGet(ctx, jobKey(id), "There is no such job.")
	if err != nil {
		return desk.Job{}, err
	}
	var j desk.Job
	if err := getDoc(it, "d", &j); err != nil {
		return j, desk.Refuse(desk.Internal, "A job could not be read.").Because(err)
	}
	j.ID, j.Version = strings.TrimPrefix(getStr(it, "pk"), "JOB#"), getNum(it, "v")
	return j, nil
}

// SaveJob saves how far a job has come and, while it runs, has its next step done. Conflict when another step was saved
// since it was read.
func (t *Table) SaveJob(ctx context.Context, j desk.Job) (desk.Job, error) {
	refused, err := t.together(ctx, t.jobIn(j))
	if err == nil && refused != nil {
		err = desk.Refuse(desk.Conflict, "Another step was done meanwhile.")
	}
	j.Version++
	return j, err
}

// MoveChannel saves a channel that is in another inbox now, together with the job that moves its history after it.
func (t *Table) MoveChannel(ctx context.Context, x desk.Channel, j desk.Job, by desk.Audit) (desk.Channel, error) {
	err := t.saveConfigBeside(ctx, by, []types.TransactWriteItem{t.jobIn(j)}, channelEntry(x))
	x.Version++
	return x, err
}

// ChannelConversations lists the conversations of a channel that stand in one list of an inbox, from the index alone:
// their ids, and where the next page begins (empty at the end). A page may be short, or empty, and still have a next.
func (t *Table) ChannelConversations(ctx context.Context, inbox desk.InboxID, ch desk.ChannelID, view desk.View, after string, limit int) (ids []desk.ConversationID, next string, err error) {
	q := desk.ConversationQuery{Inboxes: []desk.InboxID{inbox}, Views: []desk.View{view}, Channels: []desk.ChannelID{ch}, After: after, Limit: limit}
	read, err := t.readLists(ctx, q)
	if err != nil {
		return nil, "", err
	}
	found, next := merge(read, q)
	for _, id := range found {
		ids = append(ids, desk.ConversationID(id))
	}
	return ids, next, nil
}
