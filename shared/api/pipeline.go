package api

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/loket-desk/loket/shared/desk"
)

// Pipeline is an ordered row of stages that tickets move through.
type Pipeline struct {
	ID     string  `json:"id"`
	Name   string  `json:"name" example:"Support"`
	Stages []Stage `json:"stages" nullable:"false"`
}

// Stage is one step of a pipeline.
type Stage struct {
	ID    string `json:"id"`
	Name  string `json:"name" example:"Waiting on contact"`
	State string `json:"state" enum:"OPEN,WAITING,CLOSED" doc:"What the stage means for the clock; CLOSED closes a ticket."`
}

// StageInput is a stage as it is given: one without an id is new.
type StageInput struct {
	ID    string `json:"id,omitempty" maxLength:"200"`
	Name  string `json:"name" minLength:"1" maxLength:"100"`
	State string `json:"state" enum:"OPEN,WAITING,CLOSED"`
}

// NewPipeline is a pipeline to create.
type NewPipeline struct {
	Name   string       `json:"name" minLength:"1" maxLength:"100"`
	Stages []StageInput `json:"stages" nullable:"false" minItems:"2" maxItems:"50"`
}

// PipelineChange is a change of a pipeline. Stages are given whole, in their order; one that is left out is removed.
type PipelineChange struct {
	Name   opt[string]       `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Stages opt[[]StageInput] `json:"stages,omitempty" minItems:"2" maxItems:"50"`
}

func showPipeline(p desk.Pipeline) Pipeline {
	out := Pipeline{ID: string(p.ID), Name: p.Name, Stages: []Stage{}}
	for _, s := range p.Stages {
		out.Stages = append(out.Stages, Stage{string(s.ID), s.Name, string(s.State)})
	}
	return out
}

func pipelineOf(cfg *desk.Config, id string) (desk.Pipeline, error) {
	p, there := cfg.Pipelines[desk.PipelineID(id)]
	if !there {
		return p, desk.Refuse(desk.NotFound, "There is no such pipeline.")
	}
	return p, nil
}

func (a *API) pipelineCalls(b *book) {
	on(b, "listPipelines", func(_ context.Context, who *caller, _ *struct{}) (*reply[listOf[Pipeline]], error) {
		out := listOf[Pipeline]{Results: []Pipeline{}}
		for _, p := range who.cfg.Pipelines {
			out.Results = append(out.Results, showPipeline(p))
		}
		slices.SortFunc(out.Results, func(x, y Pipeline) int { return strings.Compare(x.Name+x.ID, y.Name+y.ID) })
		return &reply[listOf[Pipeline]]{out}, nil
	})
	on(b, "readPipeline", func(_ context.Context, who *caller, in *ByID) (*reply[Pipeline], error) {
		p, err := pipelineOf(who.cfg, in.ID)
		return &reply[Pipeline]{showPipeline(p)}, err
	})
	on(b, "createPipeline", a.createPipeline)
	on(b, "changePipeline", a.changePipeline)
	on(b, "deletePipeline", a.deletePipeline)
}

// stages reads stages; new ones get ids that follow from the pipeline's and their names, so that a repeat gives the same.
func stages(p desk.Pipeline, given []StageInput) ([]desk.Stage, error) {
	var out []desk.Stage
	kinds, names, seen := map[desk.StageState]bool{}, map[string]bool{}, map[desk.StageID]bool{}
	for i, s := range given {
		at := fmt.Sprintf("stages[%d]", i)
		name := strings.TrimSpace(s.Name)
		if name == "" || names[strings.ToLower(name)] {
			return nil, desk.RefuseField(at+".name", "each stage needs a name of its own")
		}
		id := desk.StageID(s.ID)
		if _, there := p.Stage(id); s.ID != "" && !there {
			return nil, desk.RefuseField(at+".id", "the pipeline has no such stage; leave the id out for a new one")
		}
		for n := 0; id == "" || (s.ID == "" && (seen[id] || hasStage(p, id))); n++ {
			id = desk.StageID(desk.Derive("stage", string(p.ID), name, fmt.Sprint(n)))
		}
		if seen[id] {
			return nil, desk.RefuseField(at+".id", "this stage is there twice")
		}
		state := desk.StageState(s.State)
		kinds[state], names[strings.ToLower(name)], seen[id] = true, true, true
		out = append(out, desk.Stage{ID: id, Name: name, State: state})
	}
	if !kinds[desk.StageOpen] || !kinds[desk.StageClosed] {
		return nil, desk.RefuseField("stages", "a pipeline needs a stage of the state OPEN and one of the state CLOSED")
	}
	return out, nil
}

func hasStage(p desk.Pipeline, id desk.StageID) bool {
	_, there := p.Stage(id)
	return there
}

func (a *API) createPipeline(ctx context.Context, who *caller, in *struct {
	Idem
	Body NewPipeline
},
) (*made[Pipeline], error) {
	name, err := named(in.Body.Name)
	if err != nil {
		return nil, err
	}
	return once(ctx, a, who, "POST /v1/pipelines", in.Key, func(id string) (Pipeline, error) {
		p := desk.Pipeline{ID: desk.PipelineID(id), Name: name}
		if p.Stages, err = stages(p, in.Body.Stages); err != nil {
			return Pipeline{}, err
		}
		p, err := a.Desk.SavePipeline(ctx, p, who.audit("pipeline.create", id, name))
		return showPipeline(p), err
	}, func(id string) (Pipeline, error) {
		cfg, err := a.Desk.Fresh(ctx)
		if err != nil {
			return Pipeline{}, err
		}
		p, err := pipelineOf(cfg, id)
		return showPipeline(p), err
	})
}

func (a *API) changePipeline(ctx context.Context, who *caller, in *struct {
	ByID
	Body PipelineChange
},
) (*reply[Pipeline], error) {
	return change(ctx, a, who, func(cfg *desk.Config) (Pipeline, error) {
		p, err := pipelineOf(cfg, in.ID)
		if err != nil {
			return Pipeline{}, err
		}
		in.Body.Name.apply(&p.Name)
		if p.Name, err = named(p.Name); err != nil {
			return Pipeline{}, err
		}
		if in.Body.Stages.set {
			was := p
			if p.Stages, err = stages(was, in.Body.Stages.value); err != nil {
				return Pipeline{}, err
			}
			if err := a.mayLose(ctx, cfg, was, p); err != nil {
				return Pipeline{}, err
			}
		}
		p, err = a.Desk.SavePipeline(ctx, p, who.audit("pipeline.update", in.ID, p.Name))
		return showPipeline(p), err
	})
}

// mayLose refuses taking away a stage that a channel or a ticket stands in.
func (a *API) mayLose(ctx context.Context, cfg *desk.Config, was, now desk.Pipeline) error {
	lost := map[desk.StageID]string{}
	for _, s := range was.Stages {
		if !hasStage(now, s.ID) {
			lost[s.ID] = s.Name
		}
	}
	if len(lost) == 0 {
		return nil
	}
	for _, ch := range cfg.Channels {
		if name, gone := lost[ch.Ticket.Stage]; gone && !ch.Deleted && ch.Ticket.Pipeline == was.ID {
			return desk.Refuse(desk.Conflict, "Tickets of the channel "+ch.Name+" begin in the stage "+name+".")
		}
	}
	q := desk.TicketQuery{Pipelines: []desk.PipelineID{was.ID}, Limit: 100}
	for {
		page, err := a.Desk.ListTickets(ctx, q)
		if err != nil {
			return err
		}
		for _, t := range page.Tickets {
			if name, gone := lost[t.Stage]; gone {
				return desk.Refuse(desk.Conflict, fmt.Sprintf("Ticket #%d stands in the stage %s; move such tickets first.", t.Number, name))
			}
		}
		if q.After = page.Next; q.After == "" {
			return nil
		}
	}
}

func (a *API) deletePipeline(ctx context.Context, who *caller, in *ByID) (*nothing, error) {
	return remove(ctx, a, who, func(cfg *desk.Config) error {
		p, err := pipelineOf(cfg, in.ID)
		if err != nil {
			return err
		}
		if len(cfg.Pipelines) == 1 {
			return desk.Refuse(desk.Conflict, "This is the only pipeline; one stays.")
		}
		for _, ch := range cfg.Channels {
			if !ch.Deleted && ch.Ticket.Pipeline == p.ID {
				return desk.Refuse(desk.Conflict, "Tickets of the channel "+ch.Name+" begin in this pipeline.")
			}
		}
		holds, err := a.Desk.ListTickets(ctx, desk.TicketQuery{Pipelines: []desk.PipelineID{p.ID}, Limit: 1})
		if err != nil {
			return err
		}
		if len(holds.Tickets) > 0 || holds.Next != "" {
			return desk.Refuse(desk.Conflict, "The pipeline holds tickets; move them first.")
		}
		return a.Desk.RemovePipeline(ctx, p, who.audit("pipeline.delete", in.ID, p.Name))
	})
}
